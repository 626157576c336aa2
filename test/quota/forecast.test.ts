import { describe, expect, it } from "vitest";
import { DAY_MS } from "../../src/base/time.js";
import { createForecaster } from "../../src/quota/forecast.js";
import type { UsageHistory } from "../../src/quota/renewing-limit.js";

/** A Monday. */
const START = Date.UTC(2026, 5, 1);
const HOUR_MS = DAY_MS / 24;

/** Use that goes on at a rate an hour by time; the history fails where somebody asks for what is later than `now`. */
function historyOf(rate: (at: number) => number, now: number): UsageHistory {
  const since = START - 28 * DAY_MS;
  const sums = [0];
  for (let hour = since; hour <= now; hour += HOUR_MS) sums.push((sums.at(-1) ?? 0) + rate(hour));
  return {
    since,
    usedBefore(at) {
      if (at > now) throw new Error("this is in the future");
      const hours = Math.max(0, (at - since) / HOUR_MS);
      const whole = Math.floor(hours);
      return (sums[whole] ?? 0) + ((sums[whole + 1] ?? 0) - (sums[whole] ?? 0)) * (hours - whole);
    },
  };
}
const ask = (rate: (at: number) => number, limit: number, { length = DAY_MS, share = 0.5 } = {}) => {
  const now = START + share * length;
  const history = historyOf(rate, now);
  const used = history.usedBefore(now) - history.usedBefore(START);
  return createForecaster(history)({ startsAt: START, endsAt: START + length, limit, used }, now);
};
const steady = () => 10;

describe("a forecast", () => {
  it("knows when steady use reaches a limit, and that it does not reach a higher one", () => {
    const out = ask(steady, 180);
    expect(out?.probability).toBeGreaterThan(0.9);
    expect(((out?.medianAt ?? 0) - START) / HOUR_MS).toBeCloseTo(18, 0);
    expect(out?.earliestAt).toBeLessThan(out?.medianAt ?? 0);
    expect(out?.latestAt).toBeGreaterThan(out?.medianAt ?? 0);
    const fine = ask(steady, 400);
    expect(fine?.probability).toBeLessThan(0.15);
    expect(fine?.medianAt).toBeNull();
  });

  it("learns the shape of a day: people who are asleep use nothing", () => {
    const byDay = (at: number) => (new Date(at).getUTCHours() < 12 ? 20 : 0);
    expect(ask(byDay, 300)?.probability).toBeLessThan(0.15); // 240 by noon, and no more
    expect(ask(byDay, 230, { share: 0.3 })?.probability).toBeGreaterThan(0.8);
  });

  it("learns the weekend", () => {
    const weekdays = (at: number) => (at < START + 5 * DAY_MS && new Date(at).getUTCDay() % 6 !== 0 ? 10 : 0);
    expect(ask(weekdays, 1_250, { length: 7 * DAY_MS, share: 0.7 })?.probability).toBeLessThan(0.3);
  });

  it("does not take a burst for the rule", () => {
    const burst = (at: number) => (at >= START && at < START + 2 * HOUR_MS ? 40 : 10);
    const said = ask(burst, 500, { share: 0.1 });
    expect(said?.probability).toBeLessThan(0.5); // going on so would reach it after half of the day
  });

  it("says nothing where it is too early, nothing is known, or it is over", () => {
    expect(ask(steady, 180, { share: 0.02 })).toBeUndefined();
    expect(ask(steady, 100)).toBeUndefined(); // used up
    const history = { since: START - DAY_MS, usedBefore: (at: number) => at / HOUR_MS };
    const window = { startsAt: START, endsAt: START + DAY_MS, limit: 100, used: 12 };
    expect(createForecaster(history)(window, START + DAY_MS / 2)).toBeUndefined();
  });

  it("names no time beyond the renewal, and none before now, whatever the use", () => {
    for (let seed = 1; seed <= 40; seed++) {
      const wild = (at: number) => Math.abs(Math.sin(at * seed)) ** 4 * 50;
      for (const share of [0.05, 0.3, 0.6, 0.95]) {
        const now = START + share * DAY_MS;
        const said = ask(wild, 20 * seed, { share });
        if (said === undefined) continue;
        expect(said.probability).toBeGreaterThanOrEqual(0);
        expect(said.probability).toBeLessThanOrEqual(1);
        for (const at of [said.earliestAt, said.medianAt, said.latestAt]) {
          expect(at ?? now).toBeGreaterThanOrEqual(now);
          expect(at ?? now).toBeLessThanOrEqual(START + DAY_MS);
        }
        if (said.probability < 0.5) expect(said.medianAt).toBeNull();
      }
    }
  });

  it("does not depend on the unit: cents or dollars", () => {
    const rate = (at: number) => 5 + 5 * Math.sin(at / DAY_MS) ** 2;
    const cents = ask((at) => rate(at) * 100, 16_000);
    const dollars = ask(rate, 160);
    expect(cents?.probability).toBeCloseTo(dollars?.probability ?? Number.NaN, 6);
    expect(cents?.medianAt).toBe(dollars?.medianAt);
  });
});
