import { describe, expect, it } from "vitest";
import {
  forecastText,
  quotaRiskLine,
  quotaText,
  untilText,
  usedText,
  windowName,
} from "../../../src/commands/wording/quota-text.js";
import { quotaState, SURE } from "../../support/quota-states.js";

/** A Monday. */
const NOW = Date.UTC(2026, 0, 5, 12);

describe("untilText()", () => {
  it.each([
    [Date.UTC(2026, 0, 5, 18), "18:00 UTC"],
    [Date.UTC(2026, 0, 6), "Tue 00:00 UTC"],
    [Date.UTC(2026, 0, 11), "Sun 00:00 UTC"],
    [Date.UTC(2026, 1, 1), "Sun 1 Feb 00:00 UTC"],
  ])("writes %i as %s", (at, text) => {
    expect(untilText(at, NOW)).toBe(text);
  });
});

describe("forecastText()", () => {
  it("always names both times", () => {
    const text = forecastText(quotaState({ forecast: SURE }), NOW);
    expect(text).toBe("about 70 % likely to run out Thu 14:00–Fri 09:00; renews Sun 00:00 UTC");
  });

  it.each([
    [0.999, "about 95 % likely to run out Thu 14:00"],
    [0.73, "about 75 % likely to run out Thu 14:00"],
    [0.04, "about 5 % likely to run out; renews"],
  ])("rounds %d, and names no time for what hardly happens", (probability, start) => {
    expect(forecastText(quotaState({ forecast: { ...SURE, probability } }), NOW)).toContain(start);
  });

  it("says that it is too early, that it is used up, or how it renews", () => {
    expect(forecastText(quotaState({}), NOW)).toBe("too early to say whether it will last; renews Sun 00:00 UTC");
    expect(forecastText(quotaState({ isOut: true }), NOW)).toBe("used up; renews Sun 00:00 UTC");
    const unknown = { renewsAt: undefined, isOut: true };
    expect(forecastText(quotaState(unknown), NOW)).toBe("used up; renews at a time that its provider does not report");
    const balance = quotaState({ window: { period: "none" }, renewsAt: undefined });
    expect(forecastText(balance, NOW)).toBe("does not renew by itself");
  });

  it("names no time of exhaustion for a window of 5 hours", () => {
    const short = quotaState({ window: { period: "5h" }, renewsAt: Date.UTC(2026, 0, 5, 15), forecast: SURE });
    expect(forecastText(short, NOW)).toBe("renews Mon 15:00 UTC");
  });
});

describe("usedText()", () => {
  it.each([
    [{}, true, "13 % used, 130 of 1,000"],
    [{}, false, "13 % used"],
    [{ used: 996 }, true, "99 % used, 996 of 1,000"],
    [{ used: 1_000 }, true, "100 % used, 1,000 of 1,000"],
    [{ unit: "usd", limit: 10, used: 4.2 }, true, "42 % used, $4.20 of $10.00"],
    [{ unit: "fraction", limit: 1, used: 0.43 }, true, "43 % used"],
    [{ unit: "usd", limit: undefined, used: undefined, remaining: 12.3 }, true, "$12.30 left"],
    [{ unit: "usd", limit: undefined, used: undefined, remaining: 12.3 }, false, "use unknown"],
    [{ used: undefined, remaining: undefined }, true, "use unknown, limit 1,000"],
  ] as const)("of %j (amounts: %s) is %s", (window, showsAmounts, text) => {
    expect(usedText(quotaState({ window }), showsAmounts)).toBe(text);
  });
});

describe("quotaText()", () => {
  it("shows each quota on a line, its state first, and counts the rest", () => {
    const states = [
      quotaState({ isOut: true, window: { provider: "openai", scope: "account", name: "balance", period: "none" } }),
      quotaState({ riskSince: 1, forecast: SURE }),
      ...Array.from({ length: 15 }, (_, index) => quotaState({ window: { model: `m${index}` } })),
    ];
    const lines = quotaText(states, { now: NOW, showsAmounts: false }).split("\n");
    expect(lines[0]).toBe("**Quotas**, the worst first");
    expect(lines[1]).toMatch(/^- ⛔ openai: balance of `m1`: 13 % used; used up; /);
    expect(lines[2]).toMatch(/^- ⚠️ groq: requests a day of `m1`: 13 % used; about 70 % likely .* \(as of <t:\d+:R>\)$/);
    expect(lines.at(-1)).toBe("… and 2 more");
  });

  it.each([
    [{ used: 899 }, "✓"],
    [{ used: 900 }, "⚠️"],
    [{ used: 999, period: "minute" }, "✓"],
  ] as const)("warns where nearly all of %j is used, though nothing can be forecast", (window, mark) => {
    const [, line] = quotaText([quotaState({ window })], { now: NOW, showsAmounts: true }).split("\n");
    expect(line?.startsWith(`- ${mark} `)).toBe(true);
  });

  it("lets a model's name end no code", () => {
    expect(windowName(quotaState({ window: { model: "a`b" } }))).toBe("groq: requests a day of `a'b`");
  });
});

describe("quotaRiskLine()", () => {
  it("says nothing where all is well, or only a minute is over", () => {
    expect(quotaRiskLine([quotaState({})], NOW)).toBeUndefined();
    expect(quotaRiskLine([quotaState({ isOut: true, window: { period: "minute" } })], NOW)).toBeUndefined();
  });

  it("names the worst, and how many others there are", () => {
    const risk = quotaState({ riskSince: 1, forecast: SURE });
    expect(quotaRiskLine([risk], NOW)).toBe(
      "⚠️ groq: requests a day of `m1`: about 70 % likely to run out Thu 14:00–Fri 09:00; renews Sun 00:00 UTC.",
    );
    expect(quotaRiskLine([quotaState({ isOut: true }), risk], NOW)).toMatch(/^⛔ .* 1 more: `\/usage quota`\.$/);
  });
});
