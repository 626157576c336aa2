import { describe, expect, it } from "vitest";
import { createPacer } from "../../../src/bot/delivery/reply-stream.js";
import { fakeClock, settle } from "../../support/fake-clock.js";

function setup(work: (signal: AbortSignal) => Promise<void> = async () => {}) {
  const clock = fakeClock();
  const sentAt: number[] = [];
  const errors: unknown[] = [];
  const startAt = clock.now();
  const pacer = createPacer({
    clock,
    minGapMs: 1_000,
    send: async (signal) => {
      sentAt.push(clock.now() - startAt);
      await work(signal);
    },
    onError: (error) => errors.push(error),
  });
  return { clock, sentAt, errors, pacer };
}

describe("createPacer()", () => {
  it("sends at once, then once per gap for whatever came meanwhile", async () => {
    const { clock, sentAt, pacer } = setup();
    for (let at = 0; at <= 2_000; at += 100) {
      pacer.wake();
      await clock.advance(100);
    }
    expect(sentAt).toEqual([0, 1_000, 2_000]);
  });

  it("sends nothing when nothing is new, and at once when something is after a pause", async () => {
    const { clock, sentAt, pacer } = setup();
    pacer.wake();
    await clock.advance(5_500);
    pacer.wake();
    await clock.advance(5_000);
    expect(sentAt).toEqual([0, 5_500]);
    expect(clock.sleepers()).toBe(0);
  });

  it("counts the gap from the start of a send, and has one in flight", async () => {
    const clock = fakeClock();
    const { sentAt, pacer } = setup();
    pacer.wake();
    await settle();
    expect(sentAt).toEqual([0]);
    const slow = setup((signal) => slow.clock.sleep(1_500, signal));
    for (let at = 0; at < 4_000; at += 100) {
      slow.pacer.wake();
      await slow.clock.advance(100);
    }
    expect(slow.sentAt).toEqual([0, 1_500, 3_000]);
    expect(clock.sleepers()).toBe(0);
  });

  it("end() waits for what is in flight, wakes nothing later, and cuts the gap short", async () => {
    let answer: () => void = () => {};
    const { clock, sentAt, pacer } = setup(() => new Promise((resolve) => (answer = resolve)));
    pacer.wake();
    await settle();
    let isOver = false;
    const ended = pacer.end().then(() => {
      isOver = true;
    });
    pacer.wake();
    await settle();
    expect(isOver).toBe(false);
    answer();
    await ended;
    pacer.wake();
    await clock.advance(10_000);
    expect(sentAt).toEqual([0]);
    expect(clock.sleepers()).toBe(0);
  });

  it("end() calls off a send that waits for the platform's pace, and that is no error", async () => {
    const { clock, errors, pacer } = setup((signal) => clock.sleep(60_000, signal));
    pacer.wake();
    await settle();
    await pacer.end();
    expect(errors).toEqual([]);
    expect(clock.sleepers()).toBe(0);
  });

  it("reports a failed send and goes on", async () => {
    let fails = true;
    const { clock, sentAt, errors, pacer } = setup(async () => {
      if (fails) throw new Error("no");
    });
    pacer.wake();
    await clock.advance(1_000);
    fails = false;
    pacer.wake();
    await clock.advance(1_000);
    expect(sentAt).toEqual([0, 1_000]);
    expect(errors).toHaveLength(1);
  });
});
