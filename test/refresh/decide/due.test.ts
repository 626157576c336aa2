import { describe, expect, it } from "vitest";
import type { CatalogEntry } from "../../../src/refresh/catalog/catalog-types.js";
import { backoffMs, due } from "../../../src/refresh/decide/due.js";
import { dueAtStart } from "../../../src/refresh/decide/start.js";
import { entryOf } from "../support.js";

const NOW = 1_700_000_000_000;
const of = (entry: Partial<CatalogEntry>, now = NOW, intervalMs: number | null = 300_000) =>
  due({ provider: "openai", entry: entryOf(entry), intervalMs }, now);
const failed = (consecutiveFailures: number, part: Partial<CatalogEntry> = {}) => ({
  attemptedAt: NOW,
  outcome: "timeout" as const,
  consecutiveFailures,
  failingSince: NOW,
  ...part,
});

const atOnce = { minIntervalMs: 0, minIntervalAfterLossMs: 0 };

describe("due", () => {
  it("is never when auto-refresh is off everywhere", () => {
    expect(of({}, NOW, null)).toEqual({ isDue: false, nextAt: null, ...atOnce, reason: "off" });
    expect(of({ attemptedAt: 0 }, NOW, null).isDue).toBe(false);
  });

  it("is at once for a provider that was never tried", () => {
    expect(of({})).toEqual({ isDue: true, nextAt: NOW, ...atOnce, reason: "never-tried" });
  });

  it("is an interval after the last attempt, to the millisecond", () => {
    expect(of({ attemptedAt: NOW - 299_999 })).toMatchObject({ isDue: false, nextAt: NOW + 1 });
    expect(of({ attemptedAt: NOW - 300_000 })).toEqual({
      isDue: true,
      nextAt: NOW,
      minIntervalMs: 300_000,
      minIntervalAfterLossMs: 300_000,
      reason: "interval",
    });
  });

  it("counts from the attempt, not from the success", () => {
    expect(of({ attemptedAt: NOW, fetchedAt: NOW - 900_000 }).isDue).toBe(false);
  });

  it("comes sooner after a failure, by its backoff", () => {
    const waitMs = backoffMs("openai", 1, 300_000);
    expect(of(failed(1), NOW + waitMs - 1)).toMatchObject({ isDue: false, nextAt: NOW + waitMs, reason: "backoff" });
    // An attempt in which its process died is the interval's last.
    const terms = { minIntervalMs: waitMs, minIntervalAfterLossMs: 300_000 };
    expect(of(failed(1), NOW + waitMs)).toMatchObject({ isDue: true, ...terms });
  });

  it("waits as long as the provider asked", () => {
    const entry = failed(1, { outcome: "rate-limited", retryAfterAt: NOW + 600_000 });
    expect(of(entry, NOW + 599_999)).toMatchObject({ isDue: false, nextAt: NOW + 600_000, reason: "retry-after" });
    const terms = { minIntervalMs: 600_000, minIntervalAfterLossMs: 600_000 };
    expect(of(entry, NOW + 600_000)).toMatchObject({ isDue: true, ...terms });
    expect(of(failed(1, { retryAfterAt: NOW + 1_000 })).reason).toBe("backoff");
  });

  it("asks a provider that refuses the key every 15 minutes", () => {
    for (const intervalMs of [60_000, 3_600_000]) {
      const entry = failed(7, { outcome: "auth" });
      expect(of(entry, NOW + 899_999, intervalMs)).toMatchObject({ isDue: false, reason: "refused-key" });
      expect(of(entry, NOW + 900_000, intervalMs).isDue).toBe(true);
    }
  });

  it("does not wait for a time that the clock went back from", () => {
    expect(of({ attemptedAt: NOW + 60_001 })).toEqual({
      isDue: true,
      nextAt: NOW,
      ...atOnce,
      reason: "clock-went-back",
    });
    // Another replica's clock may be ahead by a little.
    expect(of({ attemptedAt: NOW + 60_000 }).isDue).toBe(false);
  });
});

describe("backoffMs", () => {
  it("doubles from 30 s up to the interval, within 20 %", () => {
    for (const provider of ["openai", "anthropic", "groq", "ollama"]) {
      for (const [failures, baseMs] of [
        [1, 30_000],
        [2, 60_000],
        [3, 120_000],
        [4, 240_000],
        [5, 300_000],
        [10_000, 300_000],
      ] as const) {
        const waitMs = backoffMs(provider, failures, 300_000);
        expect(waitMs).toBeGreaterThanOrEqual(baseMs * 0.8);
        expect(waitMs).toBeLessThanOrEqual(baseMs * 1.2);
        expect(backoffMs(provider, failures, 300_000)).toBe(waitMs);
      }
    }
  });

  it("spreads providers and failures", () => {
    const waits = ["a", "b", "c", "d"].flatMap((id) => [5, 6, 7].map((failures) => backoffMs(id, failures, 300_000)));
    expect(new Set(waits).size).toBeGreaterThan(8);
  });
});

describe("dueAtStart", () => {
  const terms = { maxAgeMs: 300_000, timeoutMs: 10_000, intervalMs: 300_000 as number | null, isFirstStart: false };
  const start = (entry: Partial<CatalogEntry>, part: Partial<typeof terms> = {}) =>
    dueAtStart(entryOf(entry), { ...terms, ...part }, NOW);
  const at = (...facts: Parameters<typeof start>) => start(...facts).isDue;
  const success = (ageMs: number) => ({ fetchedAt: NOW - ageMs, attemptedAt: NOW - ageMs });

  it("fetches what is missing or stale", () => {
    expect(at({})).toBe(true);
    expect(at(success(340_000))).toBe(true);
    expect(at({ fetchedAt: NOW - 340_000, ...failed(9), attemptedAt: NOW - 30_000 })).toBe(true);
  });

  it("leaves a list that is fresh to the clock, also where it is due", () => {
    expect(at(success(339_999))).toBe(false);
  });

  it("waits after anybody's attempt at a list that there is, and for a missing one not at all", () => {
    expect(start(success(900_000))).toMatchObject({ minIntervalMs: 30_000, minIntervalAfterLossMs: 300_000 });
    expect(start({})).toMatchObject(atOnce);
    expect(start(failed(1))).toMatchObject(atOnce);
  });

  it("waits after a lost attempt for the interval, or for what counts as fresh where that is shorter", () => {
    const lost = (intervalMs: number | null) => start(success(9e6), { intervalMs }).minIntervalAfterLossMs;
    expect([60_000, 3_600_000, null].map(lost)).toEqual([60_000, 300_000, 300_000]);
  });

  it("fetches at once what a clock that has gone back makes look stale", () => {
    expect(start(success(-3_600_000))).toEqual({ isDue: true, ...atOnce });
  });

  it("leaves 30 s between attempts, and what the provider asked for", () => {
    expect(at({ fetchedAt: NOW - 340_000, ...failed(9), attemptedAt: NOW - 29_999 })).toBe(false);
    const asked = failed(9, { attemptedAt: NOW - 60_000, retryAfterAt: NOW + 1 });
    expect(at(asked)).toBe(false);
    expect(at({ ...asked, retryAfterAt: NOW })).toBe(true);
  });

  it("leaves a key that was refused and is still the same to the clock for 15 minutes", () => {
    const refused = failed(2, { outcome: "auth", attemptedAt: NOW - 899_999 });
    expect(at(refused)).toBe(false);
    expect(at({ ...refused, attemptedAt: NOW - 900_000 })).toBe(true);
  });

  it("fetches with auto-refresh off only where there is no list at all", () => {
    expect(at({}, { intervalMs: null })).toBe(false);
    expect(at(success(900_000), { intervalMs: null })).toBe(false);
    expect(at({}, { intervalMs: null, isFirstStart: true })).toBe(true);
  });
});
