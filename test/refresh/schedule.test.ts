import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "../../src/base/clock.js";
import { createSchedule } from "../../src/refresh/schedule.js";

// node-cron reads the machine's own time, so that is what is turned here.
beforeEach(() => vi.useFakeTimers({ now: Date.UTC(2026, 0, 5, 12, 0, 3) }));
afterEach(() => vi.useRealTimers());

function scheduleOf(tick: () => Promise<void>) {
  const lines: string[] = [];
  const note = (facts: unknown, message?: string) => void lines.push(message ?? String(facts));
  return {
    schedule: createSchedule({ tick, clock: systemClock, log: { debug: note, info: note, warn: note, error: note } }),
    lines,
  };
}

describe("createSchedule", () => {
  it("beats every 10 s, without waiting for a tick that takes long", async () => {
    let beats = 0;
    const { schedule } = scheduleOf(() => {
      beats += 1;
      return new Promise(() => {});
    });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(beats).toBe(0);
    schedule.start();
    await vi.advanceTimersByTimeAsync(6_000);
    expect(beats).toBe(0);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(beats).toBe(1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(beats).toBe(7);
    schedule.stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(beats).toBe(7);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("beats late rather than not at all when the process was held up", async () => {
    let beats = 0;
    const { schedule, lines } = scheduleOf(async () => {
      beats += 1;
    });
    schedule.start();
    await vi.advanceTimersByTimeAsync(1_000);
    vi.setSystemTime(Date.now() + 9_000); // 12:00:13, 3 s after the beat
    await vi.advanceTimersByTimeAsync(6_500);
    expect(beats).toBeGreaterThanOrEqual(1);
    expect(lines.filter((line) => /missed/i.test(line))).toEqual([]);
    schedule.stop();
  });

  it("goes on beating within half a minute when the clock was set back by an hour", async () => {
    let beats = 0;
    const { schedule } = scheduleOf(async () => {
      beats += 1;
    });
    schedule.start();
    await vi.advanceTimersByTimeAsync(12_000);
    vi.setSystemTime(Date.now() - 3_600_000);
    const before = beats;
    await vi.advanceTimersByTimeAsync(30_000);
    expect(beats).toBeGreaterThan(before);
    const healed = beats;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(beats - healed).toBeGreaterThanOrEqual(5);
    expect(beats - healed).toBeLessThanOrEqual(7);
    schedule.stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(vi.getTimerCount()).toBe(0);
  });
});
