import { describe, expect, it } from "vitest";
import { withIdleTimeout } from "../../src/providers/idle-timeout.js";
import type { ChatEvent } from "../../src/providers/provider.js";
import { fakeClock } from "../support/fake-clock.js";

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

function listen(signal = new AbortController().signal) {
  const clock = fakeClock();
  const stream = deafStream();
  const seen: ChatEvent[] = [];
  const outcome = { end: undefined as unknown };
  const reading = (async () => {
    for await (const event of withIdleTimeout(stream.start, { provider: "acme", clock, silenceMs: SILENCE_MS, signal }))
      seen.push(event);
    outcome.end = "done";
  })().catch((error: unknown) => {
    outcome.end = error;
  });
  return { clock, stream, seen, outcome, reading };
}

describe("withIdleTimeout()", () => {
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
    expect(outcome.end).toMatchObject({ reason: "timeout", message: "acme fell silent for 60 s" });
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

  it("does not count the time for which its reader is busy", async () => {
    const clock = fakeClock();
    const stream = deafStream();
    const signal = new AbortController().signal;
    const events = withIdleTimeout(stream.start, { provider: "acme", clock, silenceMs: SILENCE_MS, signal });
    const first = events.next();
    stream.send(text("a"));
    expect((await first).value).toEqual(text("a"));
    await clock.advance(10 * SILENCE_MS);
    const second = events.next();
    stream.send(text("b"));
    expect((await second).value).toEqual(text("b"));
    await events.return();
    expect(stream.state.signal?.aborted).toBe(true);
  });

  it("passes the stream's own error on", async () => {
    const fault = new Error("broken");
    const clock = fakeClock();
    const broken = async function* (): AsyncGenerator<ChatEvent> {
      yield text("a");
      throw fault;
    };
    const signal = new AbortController().signal;
    const events = withIdleTimeout(broken, { provider: "acme", clock, silenceMs: SILENCE_MS, signal });
    await events.next();
    await expect(events.next()).rejects.toBe(fault);
    expect(clock.sleepers()).toBe(0);
  });
});
