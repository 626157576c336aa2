import { describe, expect, it } from "vitest";
import { createAlarm } from "../../../src/bot/delivery/rate-scheduler.js";
import { fakeClock } from "../../support/fake-clock.js";

describe("createAlarm()", () => {
  it("rings once at the time that was set last, and never where that is Infinity", async () => {
    const clock = fakeClock();
    const rung: number[] = [];
    const startAt = clock.now();
    const alarm = createAlarm(clock, () => void rung.push(clock.now() - startAt));
    alarm.set(startAt + 100);
    alarm.set(startAt + 300);
    await clock.advance(299);
    expect(rung).toEqual([]);
    await clock.advance(1);
    expect(rung).toEqual([300]);
    alarm.set(startAt + 400);
    alarm.set(Number.POSITIVE_INFINITY);
    expect(clock.sleepers()).toBe(0);
    await clock.advance(1_000);
    expect(rung).toEqual([300]);
  });
});
