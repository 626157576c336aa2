import { describe, expect, it } from "vitest";
import type { CatalogEntry } from "../../../src/refresh/catalog/catalog-types.js";
import { isNudged } from "../../../src/refresh/decide/nudged.js";
import type { NudgeTrigger } from "../../../src/refresh/refresher.js";
import { entryOf } from "../support.js";

const NOW = 1_700_000_000_000;
const MINUTE_MS = 60_000;
const ALL = ["first-message", "focus", "picker", "switch", "unknown-model", "recovery", "network"] as const;
const terms = { maxAgeMs: 5 * MINUTE_MS, timeoutMs: 10_000, intervalMs: (60 * MINUTE_MS) as number | null };
const of = (trigger: NudgeTrigger, entry: Partial<CatalogEntry>, part: Partial<typeof terms> = {}) =>
  isNudged(trigger, { provider: "openai", entry: entryOf(entry), terms: { ...terms, ...part } }, NOW);
const success = (ageMs: number) => ({ fetchedAt: NOW - ageMs, attemptedAt: NOW - ageMs, outcome: "ok" as const });
const failed = (ageMs: number, part: Partial<CatalogEntry> = {}) => ({
  fetchedAt: NOW - 600 * MINUTE_MS,
  attemptedAt: NOW - ageMs,
  outcome: "network" as const,
  consecutiveFailures: 9,
  failingSince: NOW - 500 * MINUTE_MS,
  ...part,
});

describe("isNudged", () => {
  it.each(ALL)("leaves a provider alone for which auto-refresh is off everywhere: %s", (trigger) => {
    expect(of(trigger, {}, { intervalMs: null })).toBe(false);
    expect(of(trigger, failed(90 * MINUTE_MS), { intervalMs: null })).toBe(false);
  });

  it.each(ALL)("fetches what was never tried: %s", (trigger) => {
    expect(of(trigger, {})).toBe(true);
  });

  it.each(["first-message", "focus"] as const)("fetches on %s what is older than what counts as fresh", (trigger) => {
    expect(of(trigger, success(5 * MINUTE_MS - 1))).toBe(false);
    expect(of(trigger, success(5 * MINUTE_MS))).toBe(true);
  });

  it.each(["picker", "switch"] as const)("fetches on %s what is stale by the interval in force", (trigger) => {
    const freshForMs = 60 * MINUTE_MS + 40_000;
    expect(of(trigger, success(freshForMs - 1))).toBe(false);
    expect(of(trigger, success(freshForMs))).toBe(true);
  });

  it("fetches on unknown-model whatever was not just asked for", () => {
    expect(of("unknown-model", success(4_999))).toBe(false);
    expect(of("unknown-model", success(5_000))).toBe(true);
  });

  it("fetches on recovery what fails, on network what could not be reached, 5 s after the last attempt", () => {
    expect(of("recovery", success(90 * MINUTE_MS))).toBe(false);
    expect(of("recovery", failed(4_999))).toBe(false);
    expect(of("recovery", failed(5_000))).toBe(true);
    expect(of("network", failed(5_000))).toBe(true);
    expect(of("network", failed(5_000, { outcome: "http" }))).toBe(false);
  });

  it.each(["first-message", "picker", "switch", "unknown-model"] as const)(
    "leaves backoff to the clock: %s",
    (trigger) => {
      expect(of(trigger, failed(40 * MINUTE_MS))).toBe(false);
      expect(of(trigger, failed(73 * MINUTE_MS))).toBe(true);
    },
  );

  it.each(ALL)("obeys what the provider asked, and the 15 minutes of a refused key: %s", (trigger) => {
    const asked = failed(90 * MINUTE_MS, { retryAfterAt: NOW + 1 });
    expect(of(trigger, asked)).toBe(false);
    const auth = failed(15 * MINUTE_MS - 1, { outcome: "auth" });
    expect(of(trigger, auth)).toBe(false);
  });

  it("does not wait for a time that the clock went back from", () => {
    expect(of("picker", success(-120 * MINUTE_MS))).toBe(true);
  });
});
