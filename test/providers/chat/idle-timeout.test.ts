import { describe, expect, it } from "vitest";
import { readWithin } from "../../../src/providers/chat/idle-timeout.js";
import type { ChatEvent } from "../../../src/providers/provider.js";
import { fakeClock } from "../../support/fake-clock.js";

const SILENCE_MS = 60_000;
const text = (words: string): ChatEvent => ({ type: "text-delta", text: words });
const reasoning = (words: string): ChatEvent => ({ type: "reasoning-delta", text: words });
const finish: ChatEvent = { type: "finish", reason: "stop" };

/** A stream under the test's control that never settles by itself, whatever its signal says. */
function deafStream() {
  const waiting: ((result: IteratorResult<ChatEvent>) => void)[] = [];
  const state = { returned: 0, signal: undefined as AbortSignal | undefined };
  const iterator: AsyncIterator<ChatEvent> = {
    next: () => new Promise((resolve) => void waiting.push(resolve)),
    return: () => {
      state.returned += 1;
      return new Promise(() => {});
    },
  };
  return {
    state,
    send: (event: ChatEvent) => waiting.shift()?.({ done: false, value: event }),
    start: (signal: AbortSignal) => {
      state.signal = signal;
      return { [Symbol.asyncIterator]: () => iterator };
    },
  };
}

function listen(signal = new AbortController().signal, most = Number.POSITIVE_INFINITY) {
  const clock = fakeClock();
  const stream = deafStream();
  const seen: ChatEvent[] = [];
  const outcome = { end: undefined as unknown };
  const reading = (async () => {
    await readWithin(stream.start, { provider: "acme", clock, silenceMs: SILENCE_MS, signal }, (event) => {
      seen.push(event);
      return seen.length < most;
    });
    outcome.end = "done";
  })().catch((error: unknown) => {
    outcome.end = error;
  });
  return { clock, stream, seen, outcome, reading };
}

describe("readWithin()", () => {
  it("waits three times the silence for the first text, and no longer", async () => {
    const { clock, stream, outcome } = listen();
    await clock.advance(3 * SILENCE_MS - 1);
    expect(outcome.end).toBeUndefined();
    await clock.advance(1);
    expect(outcome.end).toMatchObject({ name: "ProviderError", reason: "timeout", isRetryable: true });
    expect(outcome.end).toMatchObject({ message: "acme sent no text for 180 s" });
    expect(stream.state.signal?.reason).toBe(outcome.end);
  });

  it("waits for one silence after text, and no longer", async () => {
    const { clock, stream, outcome } = listen();
    await clock.advance(100_000);
    stream.send(text("a"));
    await clock.advance(SILENCE_MS - 1);
    expect(outcome.end).toBeUndefined();
    await clock.advance(1);
    expect(outcome.end).toMatchObject({ reason: "timeout", message: "acme sent nothing for 60 s" });
  });

  it("starts anew with every text", async () => {
    const { clock, stream, seen, outcome } = listen();
    for (let second = 0; second < 10; second++) {
      stream.send(text("a"));
      await clock.advance(SILENCE_MS - 1);
    }
    expect(outcome.end).toBeUndefined();
    expect(seen).toHaveLength(10);
  });

  it("counts reasoning as sound but not as text", async () => {
    const { clock, stream, outcome } = listen();
    await clock.advance(2 * SILENCE_MS);
    stream.send(reasoning("hm"));
    await clock.advance(3 * SILENCE_MS - 1);
    expect(outcome.end).toBeUndefined();
    await clock.advance(1);
    expect(outcome.end).toMatchObject({ reason: "timeout" });
  });

  it("does not count an empty delta", async () => {
    const { clock, stream, outcome } = listen();
    stream.send(text("a"));
    await clock.advance(SILENCE_MS / 2);
    stream.send(text(""));
    await clock.advance(SILENCE_MS / 2);
    expect(outcome.end).toMatchObject({ reason: "timeout" });
  });

  it("ends with the finish, even when the stream stays open after it", async () => {
    const { clock, stream, seen, outcome } = listen();
    stream.send(text("a"));
    await clock.advance(0);
    stream.send(finish);
    await clock.advance(0);
    expect(outcome.end).toBe("done");
    expect(seen).toEqual([text("a"), finish]);
    expect(stream.state.returned).toBe(1);
    expect(clock.sleepers()).toBe(0);
  });

  it("throws the caller's reason at once when the stream ignores its signal", async () => {
    const controller = new AbortController();
    const { clock, stream, outcome, reading } = listen(controller.signal);
    stream.send(text("a"));
    await clock.advance(5);
    const reason = new Error("stopped by its asker");
    controller.abort(reason);
    await reading;
    expect(outcome.end).toBe(reason);
    expect(stream.state.signal?.reason).toBe(reason);
    expect(clock.sleepers()).toBe(0);
  });

  it("does not start when it was aborted before", async () => {
    const reason = new Error("too late");
    const { stream, outcome, reading } = listen(AbortSignal.abort(reason));
    await reading;
    expect(outcome.end).toBe(reason);
    expect(stream.state.signal).toBeUndefined();
  });

  it("ends where its reader has enough, and frees the stream", async () => {
    const { clock, stream, seen, outcome } = listen(new AbortController().signal, 1);
    stream.send(text("a"));
    await clock.advance(0);
    expect(outcome.end).toBe("done");
    expect(seen).toEqual([text("a")]);
    expect(stream.state).toMatchObject({ returned: 1, signal: { aborted: true } });
    expect(clock.sleepers()).toBe(0);
  });

  it("throws what its reader throws", async () => {
    const fault = new Error("a fault of our own");
    const stream = deafStream();
    const terms = {
      provider: "acme",
      clock: fakeClock(),
      silenceMs: SILENCE_MS,
      signal: new AbortController().signal,
    };
    const reading = readWithin(stream.start, terms, () => {
      throw fault;
    });
    stream.send(text("a"));
    await expect(reading).rejects.toBe(fault);
  });

  it("passes the stream's own error on", async () => {
    const fault = new Error("broken");
    const clock = fakeClock();
    const broken = async function* (): AsyncGenerator<ChatEvent> {
      yield text("a");
      throw fault;
    };
    const signal = new AbortController().signal;
    const seen: ChatEvent[] = [];
    const reading = readWithin(broken, { provider: "acme", clock, silenceMs: SILENCE_MS, signal }, (event) => {
      seen.push(event);
      return true;
    });
    await expect(reading).rejects.toBe(fault);
    expect(seen).toEqual([text("a")]);
    expect(clock.sleepers()).toBe(0);
  });
});
