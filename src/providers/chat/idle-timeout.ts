import { type Clock, OVER } from "../../base/clock.js";
import { type ChatEvent, ProviderError, type ProviderId } from "../provider.js";

export interface IdleTerms {
  readonly provider: ProviderId;
  readonly clock: Clock;
  /** Longest silence once text has begun. */
  readonly silenceMs: number;
  readonly signal: AbortSignal;
}

/** A model may think, or a local one load, for longer before its first text. */
const PATIENCE_BEFORE_TEXT = 3;

/** An event of an answer that says something. */
export type AnswerEvent = Exclude<ChatEvent, { type: "progress" }>;

/**
 * Reads a stream and ends it when nothing of the model's comes for too long, when it is over, or when `take` returns
 * false. Text, reasoning and progress count as life, keep-alives do not. Ends in time even where the stream never
 * settles. One promise for the whole stream: each further one a token would be felt with many answers at once.
 * @throws {ProviderError} `timeout`; the signal that `start` got aborts with the same error
 * @throws signal.reason when the caller aborts @throws what the stream or `take` throws
 */
export async function readWithin(
  start: (signal: AbortSignal) => AsyncIterable<ChatEvent>,
  terms: IdleTerms,
  take: (event: AnswerEvent) => boolean,
): Promise<void> {
  terms.signal.throwIfAborted();
  const inner = new AbortController();
  const isOver = new AbortController();
  const silence = { since: terms.clock.now(), hasText: false };
  let hasEnded = false;
  const ended = new Promise<never>((_resolve, reject) => {
    // Registered before the stream can listen, so that it is this reason that wins.
    const end = () => {
      hasEnded = true;
      reject(inner.signal.reason);
    };
    inner.signal.addEventListener("abort", end, { once: true });
  });
  const giveUp = () => inner.abort(terms.signal.reason);
  terms.signal.addEventListener("abort", giveUp, { once: true });
  watch(silence, terms, inner, isOver.signal).catch(() => {}); // only called off, when the stream is over
  const iterator = start(inner.signal)[Symbol.asyncIterator]();
  const goesOn = (event: ChatEvent): boolean => {
    if (event.type === "finish") {
      take(event);
      return false;
    }
    if (event.type === "progress" || event.text !== "") silence.since = terms.clock.now();
    if (event.type === "progress") return true;
    if (event.type === "text-delta" && event.text !== "") silence.hasText = true;
    return take(event);
  };
  const read = new Promise<void>((resolve, reject) => {
    const step = () => void iterator.next().then(go, reject);
    const go = (result: IteratorResult<ChatEvent>) => {
      if (hasEnded) return; // told already
      try {
        if (result.done || !goesOn(result.value)) resolve();
        else step();
      } catch (error) {
        reject(error);
      }
    };
    step();
  });
  try {
    await Promise.race([read, ended]);
  } finally {
    isOver.abort(OVER);
    terms.signal.removeEventListener("abort", giveUp);
    inner.abort(); // frees the connection where the reader stopped early; a stream that is over does not care
    iterator.return?.().then(undefined, () => {}); // not awaited: it may hang as well, and its error has no reader
  }
}

interface Silence {
  since: number;
  hasText: boolean;
}

/** One timer for the whole stream instead of one per token; it wakes often enough for the shorter allowance. */
async function watch(silence: Silence, terms: IdleTerms, inner: AbortController, over: AbortSignal): Promise<void> {
  const { clock, provider, silenceMs } = terms;
  for (;;) {
    const allowedMs = silence.hasText ? silenceMs : silenceMs * PATIENCE_BEFORE_TEXT;
    const leftMs = silence.since + allowedMs - clock.now();
    if (leftMs <= 0) {
      const what = silence.hasText ? "sent nothing" : "sent no text";
      const message = `${provider} ${what} for ${allowedMs / 1000} s`;
      return inner.abort(new ProviderError(provider, "timeout", message));
    }
    await clock.sleep(Math.min(leftMs, silenceMs), over);
  }
}
