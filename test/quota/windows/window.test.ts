import { describe, expect, it } from "vitest";
import type { QuotaReading } from "../../../src/providers/provider.js";
import {
  isOut,
  limits,
  mergedWindow,
  type QuotaWindow,
  waitUntil,
  windowAt,
  windowEnd,
  windowStart,
  withReading,
  withSuccess,
} from "../../../src/quota/windows/window.js";

const NOW = Date.UTC(2026, 0, 5, 12);
const HOUR_MS = 3_600_000;

const reading = (given: Partial<QuotaReading> = {}): QuotaReading => ({
  ...{ name: "requests", scope: "model", model: "m1", unit: "requests", period: "day", source: "header" },
  observedAt: NOW,
  ...given,
});
const windowOf = (given: Partial<QuotaReading> = {}): QuotaWindow => withReading(undefined, "groq", reading(given));

describe("limits()", () => {
  it.each([
    [{ scope: "account" }, "m1", true],
    [{ scope: "model", model: "m1" }, "m1", true],
    [{ scope: "model", model: "m1" }, "m10", false],
    [{ scope: "model", model: "*:free" }, "qwen/qwen3:free", true],
    [{ scope: "model", model: "*:free" }, "qwen/qwen3", false],
  ] as const)("of %j says of %s: %s", (window, model, isLimited) => {
    expect(limits(window, model)).toBe(isLimited);
  });
});

describe("isOut()", () => {
  it.each([
    ["with something left", { limit: 10, remaining: 1 }, false],
    ["at 0 of a known positive limit", { limit: 10, remaining: 0 }, true],
    ["at 0 of a limit that nobody knows", { remaining: 0 }, false],
    ["at 0 of a limit of 0", { limit: 0, remaining: 0 }, false],
    ["after a refusal, whatever remains", { limit: 10, remaining: 5, isRefused: true }, true],
  ] as const)("of a window %s is %s", (_what, given, isItOut) => {
    expect(isOut(windowOf({ ...given, resetAt: NOW + HOUR_MS }), NOW)).toBe(isItOut);
  });

  it("ends with the renewal", () => {
    const window = windowOf({ limit: 10, remaining: 0, isRefused: true, resetAt: NOW + HOUR_MS });
    expect(isOut(window, NOW + HOUR_MS - 1)).toBe(true);
    expect(isOut(window, NOW + HOUR_MS)).toBe(false);
    expect(windowAt(window, NOW + HOUR_MS)).not.toHaveProperty("remaining");
    expect(windowAt(window, NOW + HOUR_MS)).toMatchObject({ limit: 10 });
  });

  it("ends a period after the refusal where no renewal is told, and never by itself without a period", () => {
    const day = windowOf({ isRefused: true });
    expect(isOut(day, NOW + 24 * HOUR_MS - 1)).toBe(true);
    expect(isOut(day, NOW + 24 * HOUR_MS)).toBe(false);
    expect(isOut(windowOf({ isRefused: true, period: "none" }), NOW + 10_000 * HOUR_MS)).toBe(true);
  });

  it("of a budget is true once all of it is used", () => {
    const budget = { ...windowOf({ limit: 10, used: 9.9, resetAt: NOW + HOUR_MS }), source: "budget" } as const;
    expect(isOut(budget, NOW)).toBe(false);
    expect(isOut({ ...budget, used: 10 }, NOW)).toBe(true);
    expect(isOut({ ...budget, used: 10 }, NOW + HOUR_MS)).toBe(false);
  });
});

describe("waitUntil()", () => {
  it("is the renewal, but never more than a minute ahead", () => {
    const minute = windowOf({ period: "minute", limit: 3, remaining: 0, resetAt: NOW + 20_000 });
    expect(waitUntil(minute)).toBe(NOW + 20_000);
    expect(waitUntil(windowOf({ period: "minute", remaining: 0, resetAt: NOW + 360_000 }))).toBe(NOW + 60_000);
    expect(waitUntil(windowOf({ period: "minute", remaining: 0 }))).toBe(NOW + 60_000);
  });
});

describe("windowStart()", () => {
  it.each([
    ["day", Date.UTC(2026, 0, 6), Date.UTC(2026, 0, 5)],
    ["week", Date.UTC(2026, 0, 12), Date.UTC(2026, 0, 5)],
    ["month", Date.UTC(2026, 2, 1), Date.UTC(2026, 1, 1)],
    ["month", Date.UTC(2026, 2, 11), Date.UTC(2026, 1, 9)],
    ["5h", NOW + HOUR_MS, NOW - 4 * HOUR_MS],
    ["none", NOW + HOUR_MS, undefined],
  ] as const)("of a %s that ends at %i is %s", (period, resetAt, startsAt) => {
    expect(windowStart(windowOf({ period, resetAt }))).toBe(startsAt);
  });
});

describe("withReading()", () => {
  it("keeps the limit that a later refusal does not tell, and the time it ends", () => {
    const before = windowOf({ limit: 100, remaining: 3, resetAt: NOW + HOUR_MS });
    const after = withReading(before, "groq", reading({ source: "error", isRefused: true, observedAt: NOW + 1 }));
    expect(after).toMatchObject({ limit: 100, resetAt: NOW + HOUR_MS, refusedAt: NOW + 1 });
    expect(isOut(after, NOW + 2)).toBe(true);
  });

  it("takes nothing over from a window that has renewed", () => {
    const before = windowOf({ limit: 100, remaining: 3, resetAt: NOW + HOUR_MS });
    const after = withReading(before, "groq", reading({ remaining: 7, observedAt: NOW + HOUR_MS }));
    expect(after).not.toHaveProperty("limit");
  });

  it("lets no older reading replace a newer one", () => {
    const before = windowOf({ limit: 100, remaining: 3 });
    expect(withReading(before, "groq", reading({ remaining: 50, observedAt: NOW - 1 }))).toBe(before);
  });

  it("clears a refusal with a later reading that has something left", () => {
    const refused = windowOf({ isRefused: true, period: "none", name: "balance" });
    const still = withReading(
      refused,
      "groq",
      reading({ period: "none", name: "balance", observedAt: NOW + 1, remaining: 0 }),
    );
    expect(isOut(still, NOW + 1)).toBe(true);
    const paid = { period: "none", name: "balance", observedAt: NOW + 2, remaining: 5 } as const;
    expect(isOut(withReading(still, "groq", reading(paid)), NOW + 2)).toBe(false);
  });

  it("clears the refusal of a balance without an amount by its endpoint", () => {
    const refused = windowOf({ isRefused: true, period: "none", source: "endpoint" });
    const paid = withReading(refused, "groq", reading({ period: "none", source: "endpoint", observedAt: NOW + 1 }));
    expect(isOut(paid, NOW + 1)).toBe(false);
  });
});

describe("withSuccess()", () => {
  const refused = windowOf({ limit: 10, remaining: 0, isRefused: true, resetAt: NOW + HOUR_MS });

  it("clears what refused before it was asked", () => {
    expect(isOut(withSuccess(refused, NOW + 1), NOW + 2)).toBe(false);
  });

  it("changes nothing where it was asked before the refusal", () => {
    expect(withSuccess(refused, NOW - 1)).toBe(refused);
    expect(isOut(withSuccess(refused, NOW), NOW + 2)).toBe(true);
  });
});

describe("mergedWindow()", () => {
  const older = windowOf({ remaining: 10, limit: 20 });
  const newer = windowOf({ remaining: 5, limit: 20, observedAt: NOW + 5 });

  it.each([
    [older, newer],
    [newer, older],
  ])("takes the newer amounts, whichever comes first", (one, other) => {
    expect(mergedWindow(one, other)).toMatchObject({ remaining: 5, observedAt: NOW + 5 });
  });

  it("keeps the latest refusal and the latest health of either", () => {
    const refused = withReading(older, "groq", reading({ isRefused: true, observedAt: NOW + 3 }));
    expect(isOut(mergedWindow(refused, { ...newer, healthyAt: NOW + 2 }), NOW + 6)).toBe(true);
    expect(isOut(mergedWindow(refused, { ...newer, healthyAt: NOW + 4 }), NOW + 6)).toBe(false);
  });

  it("lets an episode of risk begin with the first who saw it, and end with the last who judged", () => {
    const risk = (judgedAt: number, since?: number) => ({
      ...older,
      risk: { judgedAt, ...(since !== undefined && { since }) },
    });
    expect(mergedWindow(risk(NOW + 9, NOW + 9), risk(NOW + 4, NOW + 4)).risk).toEqual({
      judgedAt: NOW + 9,
      since: NOW + 4,
    });
    expect(mergedWindow(risk(NOW + 9), risk(NOW + 4, NOW + 4)).risk).toEqual({ judgedAt: NOW + 9 });
  });
});

it("windowEnd() of a window without a period is never", () => {
  expect(windowEnd(windowOf({ period: "none" }))).toBe(Number.POSITIVE_INFINITY);
});
