import { describe, expect, it } from "vitest";
import { createPacer } from "../../src/bot/pacer.js";
import { fakeClock, settle } from "../support/fake-clock.js";

function setup(send: (text: string) => Promise<void> = async () => {}) {
  const clock = fakeClock();
  const sent: { text: string; at: number }[] = [];
  const errors: unknown[] = [];
  const startAt = clock.now();
  const pacer = createPacer({
    clock,
    minGapMs: 1_000,
    send: async (text) => {
      sent.push({ text, at: clock.now() - startAt });
      await send(text);
    },
    onError: (error) => errors.push(error),
  });
  return { clock, sent, errors, pacer };
}

describe("createPacer()", () => {
  it("sends the first text at once, then only the latest one per gap", async () => {
    const { clock, sent, pacer } = setup();
    for (let at = 0; at <= 2_000; at += 100) {
      pacer.show(`text ${at}`);
      await clock.advance(100);
    }
    expect(sent).toEqual([
      { text: "text 0", at: 0 },
      { text: "text 900", at: 1_000 },
      { text: "text 1900", at: 2_000 },
    ]);
  });

  it("sends the last text without waiting for the gap", async () => {
    const { clock, sent, pacer } = setup();
    pacer.show("one");
    await clock.advance(10);
    pacer.show("two");
    await pacer.finish("three");
    expect(sent).toEqual([
      { text: "one", at: 0 },
      { text: "three", at: 10 },
    ]);
    expect(clock.sleepers()).toBe(0);
  });

  it("has one call in flight: the last text waits for the one before it", async () => {
    let answer: () => void = () => {};
    const { sent, pacer } = setup(() => new Promise((resolve) => (answer = resolve)));
    pacer.show("one");
    await settle();
    const finished = pacer.finish("two");
    await settle();
    expect(sent.map(({ text }) => text)).toEqual(["one"]);
    answer();
    await settle();
    expect(sent.map(({ text }) => text)).toEqual(["one", "two"]);
    answer();
    await finished;
  });

  it("goes on after a failed edit and reports it, but throws when the last text fails", async () => {
    const { clock, sent, errors, pacer } = setup(async (text) => {
      if (text !== "fine") throw new Error(text);
    });
    pacer.show("bad");
    await clock.advance(1_000);
    pacer.show("fine");
    await clock.advance(1_000);
    expect(sent.map(({ text }) => text)).toEqual(["bad", "fine"]);
    expect(errors).toHaveLength(1);
    await expect(pacer.finish("worse")).rejects.toThrow("worse");
  });
});
