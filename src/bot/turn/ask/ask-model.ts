import { type Clock, OVER } from "../../../base/clock.js";
import { readWithin } from "../../../providers/chat/idle-timeout.js";
import { type ChatRequest, type Provider, ProviderError } from "../../../providers/provider.js";
import type { CircuitBreaker } from "../../../usage/circuit-breaker.js";
import { AnswerTooLong, endingOf, endingOfFinish, ProviderDown, TurnCalledOff } from "../endings.js";
import type { ModelAnswer } from "../turn-deps.js";
import { createLinkWatch } from "./honest-links.js";

export interface AskDeps {
  readonly breaker: CircuitBreaker;
  readonly clock: Clock;
  /** Longest silence of a stream once text has begun. */
  readonly silenceMs: number;
}

export interface AskTerms {
  readonly provider: Provider;
  readonly request: ChatRequest;
  readonly signal: AbortSignal;
  readonly text: AnswerText;
  /** Called after every delta that shows something new. */
  onText(): void;
}

/** Longest answer, in UTF-16 code units: a model that never stops would fill memory, store and channel. */
const MAX_ANSWER_CHARS = 200_000;
/** Longest answer in time: a stream that trickles holds its conversation and a slot of its provider. */
export const MAX_ANSWER_MS = 15 * 60_000;

/** Pauses before another try, where nothing was shown yet. */
const RETRY_PAUSES_MS = [500, 2_000];
/** Who asks to wait for longer is not asked again: the person is told when to. */
const LONGEST_PAUSE_MS = 5_000;

/**
 * Asks a model and takes its answer in. Tries again at most twice where nothing was shown yet and the failure may pass.
 * Never rejects: every way it can end is an answer.
 */
export async function askModel(deps: AskDeps, terms: AskTerms): Promise<ModelAnswer> {
  const isOver = new AbortController();
  const limit = new AbortController();
  deps.clock.sleep(MAX_ANSWER_MS, isOver.signal).then(
    () => limit.abort(new AnswerTooLong(MAX_ANSWER_MS)),
    () => {}, // it ended in time
  );
  const signal = AbortSignal.any([terms.signal, limit.signal]);
  try {
    for (let attempt = 0; ; attempt++) {
      const answer = await askOnce(deps, { ...terms, signal });
      const pauseMs = terms.text.shown() === "" ? pauseBeforeRetry(answer.error, attempt) : undefined;
      if (pauseMs === undefined) return answer;
      const hasWaited = await deps.clock.sleep(pauseMs, signal).then(
        () => true,
        () => false,
      );
      if (!hasWaited) return failed(terms.text, signal.reason);
    }
  } finally {
    isOver.abort(OVER);
  }
}

async function askOnce({ breaker, clock, silenceMs }: AskDeps, terms: AskTerms): Promise<ModelAnswer> {
  const { provider, request, signal, text } = terms;
  const admission = breaker.admit(provider.id);
  if (admission.isOpen) return failed(text, new ProviderDown(provider.id, admission));
  let firstTextAt: number | undefined;
  let isAsked = false;
  let hasAnswered = false;
  let thoughtChars = 0;
  const sofar = () => ({
    text: text.said(),
    ...(firstTextAt !== undefined && { firstTextAt }),
    ...(thoughtChars > 0 && { hasThought: true, thoughtChars }),
  });
  try {
    const idle = { provider: provider.id, clock, silenceMs, signal };
    let finish: ModelAnswer["finish"];
    let readings: ModelAnswer["readings"];
    await readWithin(
      (inner) => {
        isAsked = true;
        return provider.streamChat(request, inner);
      },
      idle,
      (event) => {
        if (!hasAnswered) breaker.succeed(provider.id);
        hasAnswered = true;
        if (event.type === "finish") {
          const { type: _type, limits, ...told } = event;
          finish = told;
          readings = limits;
          return false;
        }
        if (event.text === "") return true;
        if (event.type === "text-delta") {
          firstTextAt ??= clock.now();
          text.say(event.text);
        } else {
          thoughtChars += event.text.length;
          text.think(event.text);
        }
        terms.onText();
        if (text.saidChars() < MAX_ANSWER_CHARS) return true;
        finish = { reason: "length" };
        return false;
      },
    );
    if (finish !== undefined)
      return {
        ...sofar(),
        ending: endingOfFinish(finish.reason, text.said()),
        finish,
        isUsed: true,
        ...(readings && { readings }),
      };
    return { ...sofar(), ending: endingOf(undefined, text.said() !== ""), isUsed: true };
  } catch (error) {
    breaker.fail(provider.id, error);
    return { ...failed(text, error), ...sofar(), isUsed: hasAnswered || (isAsked && error instanceof TurnCalledOff) };
  }
}

const failed = (text: AnswerText, error: unknown): ModelAnswer => ({
  text: text.said(),
  ending: endingOf(error, text.said() !== ""),
  error,
  ...(error instanceof ProviderError && error.limits && { readings: error.limits }),
});

/** Undefined where it is not tried again. After a timeout somebody has waited long enough. */
function pauseBeforeRetry(error: unknown, attempt: number): number | undefined {
  const usual = RETRY_PAUSES_MS[attempt];
  if (usual === undefined || !(error instanceof ProviderError)) return undefined;
  if (!error.isRetryable || error.reason === "timeout") return undefined;
  const pauseMs = Math.max(usual, error.retryAfterMs ?? 0);
  return pauseMs > LONGEST_PAUSE_MS ? undefined : pauseMs;
}

/** The text of an answer as it comes in, with its reasoning where asked for. Adding costs the same at any length. */
export interface AnswerText {
  say(delta: string): void;
  /** Shown above what is said, as a quote; left out where it is not asked for. */
  think(delta: string): void;
  /** What was said. */
  said(): string;
  /** Returns the length of the text so far, in UTF-16 code units. */
  saidChars(): number;
  /** What is shown: each text continues the one before. */
  shown(): string;
}

const BREAK = "\n\n";

/** Nobody reads more of it, and the answer needs its room. */
const MAX_REASONING_CHARS = 20_000;

export function createAnswerText({ showsReasoning }: { readonly showsReasoning: boolean }): AnswerText {
  /** One text for both: a second one that grows by every token is felt in the garbage collector. */
  let shown = "";
  let saidFrom = 0;
  let thought = 0;
  let part: "answer" | "reasoning" | undefined;
  const links = { answer: createLinkWatch(), reasoning: createLinkWatch() };

  const open = (next: "answer" | "reasoning") => {
    if (part === next) return;
    if (part !== undefined) shown += BREAK;
    if (next === "reasoning") shown += "> ";
    part = next;
  };
  return {
    say(delta) {
      if (delta === "") return;
      // The white space that an answer begins with would stand between it and the quote.
      const text = part === "reasoning" ? delta.trimStart() : delta;
      if (text === "") return;
      if (part === "reasoning") saidFrom = shown.length + BREAK.length;
      open("answer");
      shown += links.answer.pass(text);
    },
    think(delta) {
      // Below an answer that has begun it would break the answer up.
      if (!showsReasoning || delta === "" || part === "answer" || thought >= MAX_REASONING_CHARS) return;
      const text = delta.slice(0, MAX_REASONING_CHARS - thought);
      thought += text.length;
      open("reasoning");
      shown += links.reasoning.pass(text).replaceAll("\n", "\n> ");
      if (thought >= MAX_REASONING_CHARS) shown += "…";
    },
    said: () => (part === "answer" ? shown.slice(saidFrom) : ""),
    saidChars: () => (part === "answer" ? shown.length - saidFrom : 0),
    shown: () => shown,
  };
}
