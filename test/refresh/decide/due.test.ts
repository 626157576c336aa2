import { describe, expect, it } from "vitest";
import type { CatalogEntry } from "../../../src/refresh/catalog/catalog-entry.js";
import { judgeDue, nextDueAt, refreshBackoffMs } from "../../../src/refresh/decide/due.js";
import type { NudgeTrigger } from "../../../src/refresh/refresher.js";
import { entryOf } from "../support.js";

const NOW = 1_700_000_000_000;
const TERMS = { maxAgeMs: 300_000, timeoutMs: 10_000, intervalMs: 300_000 as number | null };
const of = (entry: Partial<CatalogEntry>, now = NOW, intervalMs: number | null = 300_000) => {
  const facts = { provider: "openai", entry: entryOf(entry) };
  return { ...judgeDue("timer", facts, { ...TERMS, intervalMs }, now), nextAt: nextDueAt(facts, intervalMs, now) };
};
const failed = (consecutiveFailures: number, part: Partial<CatalogEntry> = {}) => ({
  attemptedAt: NOW,
  outcome: "timeout" as const,
  consecutiveFailures,
  failingSince: NOW,
  ...part,
});

const atOnce = { minIntervalMs: 0, minIntervalAfterLossMs: 0 };

describe("judgeDue() by the clock", () => {
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
    const waitMs = refreshBackoffMs("openai", 1, 300_000);
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

describe("refreshBackoffMs()", () => {
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
        const waitMs = refreshBackoffMs(provider, failures, 300_000);
        expect(waitMs).toBeGreaterThanOrEqual(baseMs * 0.8);
        expect(waitMs).toBeLessThanOrEqual(baseMs * 1.2);
        expect(refreshBackoffMs(provider, failures, 300_000)).toBe(waitMs);
      }
    }
  });

  it("spreads providers and failures", () => {
    const waits = ["a", "b", "c", "d"].flatMap((id) =>
      [5, 6, 7].map((failures) => refreshBackoffMs(id, failures, 300_000)),
    );
    expect(new Set(waits).size).toBeGreaterThan(8);
  });
});

describe("judgeDue() at the start", () => {
  const start = (
    entry: Partial<CatalogEntry>,
    { isFirstStart = false, ...part }: Partial<typeof TERMS & { readonly isFirstStart: boolean }> = {},
  ) =>
    judgeDue(
      isFirstStart ? "first-start" : "start",
      { provider: "openai", entry: entryOf(entry) },
      { ...TERMS, ...part },
      NOW,
    );
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
    expect(start(success(-3_600_000))).toEqual({ isDue: true, reason: "clock-went-back", ...atOnce });
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

const MINUTE_MS = 60_000;
const ALL = ["first-message", "focus", "picker", "switch", "unknown-model", "recovery", "network"] as const;
const on = (trigger: NudgeTrigger, entry: Partial<CatalogEntry>, part: Partial<typeof TERMS> = {}) => {
  const terms = { ...TERMS, intervalMs: 60 * MINUTE_MS, ...part };
  return judgeDue(trigger, { provider: "openai", entry: entryOf(entry) }, terms, NOW).isDue;
};
const okAgo = (ageMs: number) => ({ fetchedAt: NOW - ageMs, attemptedAt: NOW - ageMs, outcome: "ok" as const });
const failedAgo = (ageMs: number, part: Partial<CatalogEntry> = {}) => ({
  fetchedAt: NOW - 600 * MINUTE_MS,
  attemptedAt: NOW - ageMs,
  outcome: "network" as const,
  consecutiveFailures: 9,
  failingSince: NOW - 500 * MINUTE_MS,
  ...part,
});

describe("judgeDue() on an event", () => {
  it.each(ALL)("leaves a provider alone for which auto-refresh is off everywhere: %s", (trigger) => {
    expect(on(trigger, {}, { intervalMs: null })).toBe(false);
    expect(on(trigger, failedAgo(90 * MINUTE_MS), { intervalMs: null })).toBe(false);
  });

  it.each(ALL)("fetches what was never tried: %s", (trigger) => {
    expect(on(trigger, {})).toBe(true);
  });

  it.each(["first-message", "focus"] as const)("fetches on %s what is older than what counts as fresh", (trigger) => {
    expect(on(trigger, okAgo(5 * MINUTE_MS - 1))).toBe(false);
    expect(on(trigger, okAgo(5 * MINUTE_MS))).toBe(true);
  });

  it.each(["picker", "switch"] as const)("fetches on %s what is stale by the interval in force", (trigger) => {
    const freshForMs = 60 * MINUTE_MS + 40_000;
    expect(on(trigger, okAgo(freshForMs - 1))).toBe(false);
    expect(on(trigger, okAgo(freshForMs))).toBe(true);
  });

  it("fetches on unknown-model whatever was not just asked for", () => {
    expect(on("unknown-model", okAgo(4_999))).toBe(false);
    expect(on("unknown-model", okAgo(5_000))).toBe(true);
  });

  it("fetches on recovery what fails, on network what could not be reached, 5 s after the last attempt", () => {
    expect(on("recovery", okAgo(90 * MINUTE_MS))).toBe(false);
    expect(on("recovery", failedAgo(4_999))).toBe(false);
    expect(on("recovery", failedAgo(5_000))).toBe(true);
    expect(on("network", failedAgo(5_000))).toBe(true);
    expect(on("network", failedAgo(5_000, { outcome: "http" }))).toBe(false);
  });

  it.each(["first-message", "picker", "switch", "unknown-model"] as const)(
    "leaves backoff to the clock: %s",
    (trigger) => {
      expect(on(trigger, failedAgo(40 * MINUTE_MS))).toBe(false);
      expect(on(trigger, failedAgo(73 * MINUTE_MS))).toBe(true);
    },
  );

  it.each(ALL)("obeys what the provider asked, and the 15 minutes of a refused key: %s", (trigger) => {
    const asked = failedAgo(90 * MINUTE_MS, { retryAfterAt: NOW + 1 });
    expect(on(trigger, asked)).toBe(false);
    const auth = failedAgo(15 * MINUTE_MS - 1, { outcome: "auth" });
    expect(on(trigger, auth)).toBe(false);
  });

  it("does not wait for a time that the clock went back from", () => {
    expect(on("picker", okAgo(-120 * MINUTE_MS))).toBe(true);
  });
});
