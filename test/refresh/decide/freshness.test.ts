import { describe, expect, it } from "vitest";
import type { CatalogEntry, Snapshot } from "../../../src/refresh/catalog/catalog-entry.js";
import { isFresh, isJudged } from "../../../src/refresh/decide/freshness.js";
import { statusOf } from "../../../src/refresh/engine/status.js";
import { entryOf } from "../support.js";

const NOW = 1_700_000_000_000;
const DAY_MS = 86_400_000;
const terms = { maxAgeMs: 300_000, timeoutMs: 10_000, intervalMs: 300_000 };
const agedMs = (ms: number) => entryOf({ fetchedAt: NOW - ms, attemptedAt: NOW - ms, outcome: "ok" });

describe("isFresh", () => {
  it("ends at max age + timeout + 30 s, to the millisecond", () => {
    expect(isFresh(agedMs(339_999), terms, NOW)).toBe(true);
    expect(isFresh(agedMs(340_000), terms, NOW)).toBe(false);
  });

  it("goes by the interval in force where that is longer", () => {
    const slow = { ...terms, intervalMs: 900_000 };
    expect(isFresh(agedMs(939_999), slow, NOW)).toBe(true);
    expect(isFresh(agedMs(940_000), slow, NOW)).toBe(false);
  });

  it("goes by the max age where the interval is shorter, or none is in force", () => {
    for (const intervalMs of [60_000, null]) {
      expect(isFresh(agedMs(339_999), { ...terms, intervalMs }, NOW)).toBe(true);
      expect(isFresh(agedMs(340_000), { ...terms, intervalMs }, NOW)).toBe(false);
    }
  });

  it("goes by the last success and not by the last attempt", () => {
    expect(isFresh(entryOf({ fetchedAt: NOW - 340_000, attemptedAt: NOW, outcome: "timeout" }), terms, NOW)).toBe(
      false,
    );
    expect(isFresh(entryOf({ fetchedAt: null, attemptedAt: NOW, outcome: "timeout" }), terms, NOW)).toBe(false);
    expect(isFresh(entryOf({ fetchedAt: NOW - 1, outcome: "timeout" }), terms, NOW)).toBe(true);
  });

  it("trusts no success that lies far in the future", () => {
    expect(isFresh(agedMs(-339_999), terms, NOW)).toBe(true);
    expect(isFresh(agedMs(-3_600_000), terms, NOW)).toBe(false);
  });
});

describe("isJudged", () => {
  it("leaves out who never gave a list, and who refuses the key", () => {
    expect(isJudged(entryOf(), NOW)).toBe(false);
    expect(isJudged({ ...agedMs(0), outcome: "auth" }, NOW)).toBe(false);
    expect(isJudged({ ...agedMs(0), outcome: "timeout" }, NOW)).toBe(true);
  });

  it("leaves out who has failed for over 24 h", () => {
    expect(isJudged({ ...agedMs(2 * DAY_MS), outcome: "timeout", failingSince: NOW - DAY_MS }, NOW)).toBe(true);
    expect(isJudged({ ...agedMs(2 * DAY_MS), outcome: "timeout", failingSince: NOW - DAY_MS - 1 }, NOW)).toBe(false);
  });
});

describe("the indicator", () => {
  const of = (entries: readonly CatalogEntry[], fetching: readonly string[] = []) => {
    const providers = new Map(entries.map((entry, index) => [`p${index}`, entry] as const));
    const snapshot: Snapshot = { providers, fetching: new Set(fetching) };
    const changes = () => ({ identity: "test", last: null, days: [] });
    const catalog = { snapshot: () => snapshot, changes };
    return statusOf({ catalog, providers: [], termsOf: () => terms, now: NOW }).indicator;
  };
  const stale = agedMs(340_000);

  it("is refreshing while any fetch runs, whatever the lists are", () => {
    expect(of([agedMs(0), stale], ["p0"])).toBe("refreshing");
    expect(of([], ["p0"])).toBe("refreshing");
  });

  it("is fresh when every list is", () => {
    expect(of([agedMs(0), agedMs(339_999)])).toBe("fresh");
    expect(of([agedMs(0), stale])).toBe("stale");
  });

  it("does not wait for who never gave a list, refuses the key, or is given up", () => {
    expect(of([agedMs(0), entryOf({ outcome: "timeout", failingSince: NOW })])).toBe("fresh");
    expect(of([agedMs(0), { ...stale, outcome: "auth" }])).toBe("fresh");
    expect(of([agedMs(0), { ...stale, outcome: "http", failingSince: NOW - DAY_MS - 1 }])).toBe("fresh");
    expect(of([agedMs(0), { ...stale, outcome: "http", failingSince: NOW - DAY_MS }])).toBe("stale");
  });

  it("is stale when nothing is left to judge", () => {
    expect(of([])).toBe("stale");
    expect(of([entryOf()])).toBe("stale");
    expect(of([{ ...agedMs(0), outcome: "auth" }])).toBe("stale");
  });
});
