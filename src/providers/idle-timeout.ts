import type { Clock } from "../clock.js";
import { type ChatEvent, ProviderError, type ProviderId } from "./provider.js";

export interface IdleTerms {
  readonly provider: ProviderId;
  readonly clock: Clock;
  /** Longest silence once text has begun. */
  readonly silenceMs: number;
  readonly signal: AbortSignal;
}

/** A model may think, or a local one load, for longer before its first text. */
const PATIENCE_BEFORE_TEXT = 3;

/**
 * Passes a stream on and ends it when it falls silent. Only text and reasoning count as sound; while the reader is
 * busy with an event, no silence is counted. Ends in time even where the stream never settles.
 * @throws {ProviderError} `timeout`; the signal that `start` got aborts with the same error
 * @throws signal.reason when the caller aborts
 */
export async function* withIdleTimeout(
  start: (signal: AbortSignal) => AsyncIterable<ChatEvent>,
  terms: IdleTerms,
): AsyncGenerator<ChatEvent, void, undefined> {
  terms.signal.throwIfAborted();
  const inner = new AbortController();
  const isOver = new AbortController();
  let fail: (reason: unknown) => void = () => {};
  // Registered before the stream can listen, so that it is this reason that wins.
  inner.signal.addEventListener("abort", () => fail(inner.signal.reason), { once: true });
  const giveUp = () => inner.abort(terms.signal.reason);
  terms.signal.addEventListener("abort", giveUp, { once: true });

  const silence = { since: terms.clock.now(), hasText: false, isCounting: true };
  watch(silence, terms, inner, isOver.signal).catch(() => {}); // only called off, when the stream is over
  const iterator = start(inner.signal)[Symbol.asyncIterator]();
  try {
    for (;;) {
      const result = await new Promise<IteratorResult<ChatEvent>>((resolve, reject) => {
        if (inner.signal.aborted) return reject(inner.signal.reason);
        fail = reject;
        iterator.next().then(resolve, reject);
      });
      if (result.done) return;
      const event = result.value;
      const isContent = event.type !== "finish" && event.text !== "";
      if (isContent && event.type === "text-delta") silence.hasText = true;
      silence.isCounting = false;
      yield event;
      if (event.type === "finish") return;
      if (isContent) silence.since = terms.clock.now();
      silence.isCounting = true;
    }
  } finally {
    isOver.abort();
    terms.signal.removeEventListener("abort", giveUp);
    inner.abort(); // frees the connection where the reader stopped early; a stream that is over does not care
    iterator.return?.().then(undefined, () => {}); // not awaited: it may hang as well, and its error has no reader
  }
}

interface Silence {
  since: number;
  hasText: boolean;
  isCounting: boolean;
}

/** One timer for the whole stream instead of one per token; it wakes often enough for the shorter allowance. */
async function watch(silence: Silence, terms: IdleTerms, inner: AbortController, over: AbortSignal): Promise<void> {
  const { clock, provider, silenceMs } = terms;
  for (;;) {
    const allowedMs = silence.hasText ? silenceMs : silenceMs * PATIENCE_BEFORE_TEXT;
    const leftMs = silence.isCounting ? silence.since + allowedMs - clock.now() : silenceMs;
    if (leftMs <= 0) {
      const what = silence.hasText ? "fell silent" : "sent no text";
      const message = `${provider} ${what} for ${allowedMs / 1000} s`;
      return inner.abort(new ProviderError(provider, "timeout", message));
    }
    await clock.sleep(Math.min(leftMs, silenceMs), over);
  }
}
