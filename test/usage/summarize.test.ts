import { describe, expect, it } from "vitest";
import { tokensOf } from "../../src/usage/summarize.js";
import { entry, summarize, sumOf } from "./entries.js";

describe("createSummary()", () => {
  const entries = [
    entry({ at: Date.UTC(2026, 0, 4, 23), model: "gpt-5", user: { id: "u1", name: "Ada L." }, inputTokens: 10 }),
    entry({ at: Date.UTC(2026, 0, 5, 1), model: "gpt-5", user: { id: "u2", name: "Bob" }, inputTokens: 20 }),
    entry({ at: Date.UTC(2026, 0, 5, 2), provider: "groq", model: "gpt-5", inputTokens: 5_000 }),
  ];

  it.each([
    ["model", ["groq/gpt-5", "openai/gpt-5"]],
    ["provider", ["groq", "openai"]],
    ["user", ["Ada", "Bob"]],
    ["day", ["2026-01-04", "2026-01-05"]],
  ] as const)("groups by %s, most tokens first, days in order", (by, labels) => {
    expect(summarize(entries, by).map(({ label }) => label)).toEqual(labels);
  });

  it("calls a person by their last name, and tells namesakes apart", () => {
    const people = [
      entry({ user: { id: "u1", name: "Ada" } }),
      entry({ user: { id: "u2", name: "Ada" } }),
      entry({ user: { id: "u1", name: "Countess" } }),
      entry({ user: { id: "u1", name: "Ada" }, workspace: "slack:T1" }),
    ];
    expect(summarize(people, "user").map(({ key, label, turns }) => [key, label, turns])).toEqual([
      ["discord:123 u1", "Countess", 2],
      ["discord:123 u2", "Ada", 1],
      ["slack:T1 u1", "Ada", 1],
    ]);
  });

  it("adds up to the whole", () => {
    for (const by of ["model", "provider", "user", "day"] as const) {
      const parts = summarize(entries, by).map(tokensOf);
      expect(parts.reduce((a, b) => a + b)).toBe(tokensOf(sumOf(entries)));
    }
  });

  it("gives nothing for nothing", () => {
    expect(summarize([], "model")).toEqual([]);
  });
});

describe("createTotal()", () => {
  it("sums what is known and says that the rest is missing", () => {
    const sum = sumOf([entry({ costUsd: 0.25 }), entry({ costUsd: null }), entry({ costUsd: 0.5 })]);
    expect(sum).toMatchObject({ costUsd: 0.75, hasUnknownCost: true, turns: 3 });
  });

  it("is unknown, not 0, where no cost is known, and 0 where all was free", () => {
    expect(sumOf([entry({ costUsd: null })])).toMatchObject({ costUsd: null, hasUnknownCost: true });
    expect(sumOf([entry({ costUsd: 0 })])).toMatchObject({ costUsd: 0, hasUnknownCost: false });
    expect(sumOf([entry({ costUsd: 0 }), entry({ costUsd: null })])).toMatchObject({
      costUsd: 0,
      hasUnknownCost: true,
    });
  });

  it("is an estimate as soon as one of them is", () => {
    expect(sumOf([entry(), entry()]).isEstimated).toBe(false);
    expect(sumOf([entry(), entry({ isEstimated: true })]).isEstimated).toBe(true);
  });
});
