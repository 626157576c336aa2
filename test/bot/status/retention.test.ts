import { describe, expect, it } from "vitest";
import type { Log } from "../../../src/base/log.js";
import { startRetention } from "../../../src/bot/status/retention.js";
import { fakeClock, settle } from "../../support/fake-clock.js";

const DAY_MS = 86_400_000;
const log = { debug() {}, info() {}, warn() {}, error() {} } as unknown as Log;

describe("startRetention()", () => {
  it("erases at the start and once a day, with the age that the days say, until it is stopped", async () => {
    const clock = fakeClock();
    const ages: number[] = [];
    const stop = startRetention({
      what: "conversations",
      days: 90,
      clock,
      log,
      erasers: [async (before) => ages.push(clock.now() - before)],
    });
    await settle();
    expect(ages).toEqual([90 * DAY_MS]);
    await clock.advance(2 * DAY_MS);
    expect(ages).toHaveLength(3);
    stop();
    await clock.advance(2 * DAY_MS);
    expect(ages).toHaveLength(3);
  });

  it("keeps everything at 0 days", async () => {
    const clock = fakeClock();
    let calls = 0;
    startRetention({ what: "conversations", days: 0, clock, log, erasers: [async () => ++calls] });
    await clock.advance(3 * DAY_MS);
    expect(calls).toBe(0);
  });

  it("goes on to the next eraser and the next day after a failure", async () => {
    const clock = fakeClock();
    let calls = 0;
    const stop = startRetention({
      what: "conversations",
      days: 1,
      clock,
      log,
      erasers: [() => Promise.reject(new Error("down")), async () => ++calls],
    });
    await clock.advance(DAY_MS);
    expect(calls).toBe(2);
    stop();
  });
});
