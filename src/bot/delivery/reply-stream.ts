import { type Clock, OVER } from "../../base/clock.js";
import { type RetryTerms, retry } from "../../base/retry.js";
import { saysSomething } from "../../base/text.js";
import type { Control, Reply } from "../../commands/command.js";
import type { MessageKey, Rank, ReplyStream, ReplyStreamDeps } from "../port/platform.js";
import { isLost, isNotEditable, PlatformError } from "../port/platform-error.js";
import { patientTerms } from "./platform-pause.js";
import { createSplitter, type Splitter } from "./split-message.js";

/** What a call shows: a part of the answer, and the controls under it. */
interface Shown {
  readonly part: number;
  readonly text: string;
  readonly controls: readonly Control[];
  /** Whether it is the answer's last part. */
  readonly isTail: boolean;
}

/** A message as it stands. */
type Grown = Shown & { readonly key: MessageKey };

/** For so long the last text is tried without getting any further: it is worth more than any other. */
const LAST_TEXT_PATIENCE_MS = 300_000;
/** A later text takes the place of a post that failed for longer. */
const PROGRESS_PATIENCE_MS = 30_000;

/** What is shown of an answer, and what is to be shown. */
interface Growth {
  readonly deps: ReplyStreamDeps;
  readonly splitter: Splitter;
  text: string;
  controls: readonly Control[];
  /** The message that still grows; those before it are complete. */
  current: Grown | undefined;
  hasLost: boolean;
  /** What was refused is refused again with every word that follows: it is tried again, as the last text. */
  isHeld: boolean;
  /** Messages that could not be edited, and may still show the running controls. */
  readonly left: Grown[];
}

/** An answer that grows: posted with its first text, edited from then on, over as many messages as it needs. */
export function createReplyStream(deps: ReplyStreamDeps): ReplyStream {
  const { clock, log } = deps;
  const { maxMessageChars, minEditGapMs } = deps.platform.limits;
  const growth: Growth = {
    deps,
    splitter: createSplitter(maxMessageChars),
    text: "",
    controls: deps.controls,
    current: undefined,
    hasLost: false,
    isHeld: false,
    left: [],
  };
  const pacer = createPacer({
    clock,
    minGapMs: minEditGapMs,
    send: (signal) => sendNew(growth, "progress", signal),
    onError(error) {
      growth.isHeld ||= error instanceof PlatformError && error.reason === "refused";
      log.warn({ error }, "answer edit failed, a later edit repairs it");
    },
  });

  return {
    show(newer) {
      growth.text = newer;
      if (!growth.isHeld) pacer.wake();
    },
    postedIn: () => growth.current?.key,
    async finish(last, lastControls = []) {
      await pacer.end();
      growth.text = last;
      growth.controls = lastControls;
      try {
        await sendNew(growth, "last-text");
      } catch (error) {
        if (growth.current !== undefined) leave(growth, growth.current);
        throw error;
      } finally {
        await dropControls(growth);
      }
      return !growth.hasLost;
    },
  };
}

const nextOf = ({ splitter, text, current, controls }: Growth) => nextCall(splitter.update(text), current, controls);

/**
 * Sends what is new, each call again after a pause where it failed for a moment, for as long as this is patient. An
 * edit that shows progress is made once: the next one brings what it lacked; a repetition would cost the end a call.
 */
async function sendNew(growth: Growth, rank: "last-text" | "progress", signal?: AbortSignal): Promise<void> {
  const { deps } = growth;
  const patienceMs = rank === "progress" ? PROGRESS_PATIENCE_MS : LAST_TEXT_PATIENCE_MS;
  for (let due = nextOf(growth); !growth.hasLost && due !== undefined; due = nextOf(growth)) {
    const shown = due;
    const isEdit = shown.part === growth.current?.part;
    const work = () => makeCall(growth, shown, rank === "progress" && !isEdit ? "first-text" : rank, signal);
    try {
      const isOnce = rank === "progress" && isEdit;
      const sent = await (isOnce ? work() : retry(work, retryTerms(deps, patienceMs, signal)));
      if (sent.isTail && rank === "progress") return;
    } catch (error) {
      if (isNotEditable(error) && growth.current?.part === shown.part) goOnElsewhere(growth, growth.current, shown);
      else if (isLost(error)) {
        growth.hasLost = true;
        deps.onLost(error);
      } else throw error;
    }
  }
}

/** Makes the call that is due, with the newest text by the time that it goes out. */
async function makeCall(growth: Growth, due: Shown, rank: Rank, signal: AbortSignal | undefined): Promise<Shown> {
  const { platform, question, onPosted } = growth.deps;
  let sent = due;
  const reply = () => {
    sent = nextOf(growth) ?? due;
    return replyOf(sent);
  };
  const terms = { rank, replyTo: question, ...(signal && { signal }) };
  if (growth.current?.part === due.part) {
    await platform.edit(growth.current.key, reply, terms);
    growth.current = { ...sent, key: growth.current.key };
  } else {
    const key = await platform.post(question, reply, terms);
    growth.current = { ...sent, key };
    await onPosted(key);
  }
  return sent;
}

/** Leaves a message as it stands that can't be edited any more: the rest of the text goes into another one. */
function goOnElsewhere(growth: Growth, grown: Grown, wanted: Shown): void {
  leave(growth, grown);
  if (wanted.text !== grown.text) growth.splitter.endPart(grown.part, grown.text);
  growth.current = { ...grown, controls: wanted.controls };
}

function leave({ left }: Growth, grown: Grown): void {
  const isLeft = left.some(({ key }) => key === grown.key);
  if (!isLeft && grown.controls.length > 0) left.push(grown);
}

/** Takes the running controls away from messages that stay without the rest of the answer. Never rejects. */
async function dropControls({ deps, hasLost, left }: Growth): Promise<void> {
  if (hasLost) return;
  for (const { key, text } of left)
    await deps.platform
      .edit(key, { markdown: text }, { rank: "last-text", replyTo: deps.question })
      .catch((error) => deps.log.warn({ error }, "controls of an answer could not be removed"));
}

const retryTerms = (
  { clock, log }: ReplyStreamDeps,
  patienceMs: number,
  signal: AbortSignal | undefined,
): RetryTerms => ({
  ...patientTerms(clock, patienceMs),
  shouldRetry: () => signal?.aborted !== true,
  onRetry: (error, pauseMs) => log.warn({ error, pauseMs }, "answer could not be shown, retrying"),
  ...(signal && { signal }),
});

/** The call that brings what is shown nearer to the text; undefined where nothing is left to show. */
function nextCall(
  parts: readonly string[],
  current: Grown | undefined,
  controls: readonly Control[],
): Shown | undefined {
  const shownAs = (part: number): Shown => {
    const isTail = part === parts.length - 1;
    return { part, text: parts[part] ?? "", controls: isTail ? controls : [], isTail };
  };
  if (current !== undefined) {
    const wanted = shownAs(current.part);
    if (wanted.text !== current.text || !areSame(wanted.controls, current.controls)) return wanted;
  }
  // A message that shows nothing is refused by every platform; nothing is lost where it would stand.
  const following = parts.findIndex((part, index) => index > (current?.part ?? -1) && saysSomething(part));
  return following < 0 ? undefined : shownAs(following);
}

const areSame = (a: readonly Control[], b: readonly Control[]) => a === b || (a.length === 0 && b.length === 0);

const replyOf = ({ text, controls }: Shown): Reply =>
  controls.length > 0 ? { markdown: text, controls } : { markdown: text };

export interface PacerDeps {
  readonly clock: Clock;
  /** Shortest time between the starts of two sends, in ms. */
  readonly minGapMs: number;
  /**
   * Brings what is shown up to the newest text. It waits for the platform's pace by itself, and may give up that wait,
   * though no call, when `signal` aborts. May reject.
   */
  send(signal: AbortSignal): Promise<void>;
  onError(error: unknown): void;
}

export interface Pacer {
  /** Says that there is something new and returns at once; what is new meanwhile goes out together. */
  wake(): void;
  /** Calls off what still waits, and resolves when nothing is in flight any more; from then on nothing is sent. */
  end(): Promise<void>;
}

/** The first send starts at once, then one per gap, one at a time. */
export function createPacer({ clock, minGapMs, send, onError }: PacerDeps): Pacer {
  let isBehind = false;
  let loop: Promise<void> | undefined;
  const ended = new AbortController();
  const { signal } = ended;

  const run = async () => {
    while (isBehind && !signal.aborted) {
      isBehind = false;
      const startedAt = clock.now();
      await send(signal).catch((error) => {
        if (!signal.aborted) onError(error);
      });
      const restMs = startedAt + minGapMs - clock.now();
      if (restMs > 0) await clock.sleep(restMs, signal).catch(() => {}); // woken by end()
    }
    loop = undefined;
  };
  return {
    wake() {
      isBehind = true;
      if (!signal.aborted) loop ??= run();
    },
    async end() {
      ended.abort(OVER);
      await loop;
    },
  };
}
