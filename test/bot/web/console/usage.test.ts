import { describe, expect, it } from "vitest";
import { firstDay, type UsageDay, usageDays, usageView } from "../../../../src/bot/web/console/usage.js";
import type { UsageEntry } from "../../../../src/usage/ledger.js";

const NOW = Date.UTC(2026, 0, 31, 23, 59);
const row = (fields: Partial<UsageDay> = {}): UsageDay => ({
  day: "2026-01-31",
  provider: "openai",
  model: "gpt-5",
  inputTokens: 10,
  outputTokens: 5,
  costUsd: 0.5,
  ...fields,
});

describe("usageView()", () => {
  it("has the last thirty days, also those without use, and none before", () => {
    const view = usageView([row({ day: "2026-01-02" }), row({ day: "2026-01-01" })], NOW);
    expect([view.days.length, view.days[0], view.days.at(-1), firstDay(NOW)]).toEqual([
      30,
      "2026-01-02",
      "2026-01-31",
      "2026-01-02",
    ]);
    expect(view.models).toEqual([
      { name: "openai/gpt-5", tokens: [15, ...Array(29).fill(0)], costUsd: [0.5, ...Array(29).fill(0)] },
    ]);
  });

  it("adds up a model's rows of a day, and knows no cost where one of them has no price", () => {
    const [model] = usageView([row(), row({ costUsd: null }), row({ day: "2026-01-30" })], NOW).models;
    expect(model?.tokens.slice(-2)).toEqual([15, 30]);
    expect(model?.costUsd.slice(-2)).toEqual([0.5, null]);
  });

  it("names the heaviest models and adds up the rest", () => {
    const rows = Array.from({ length: 12 }, (_, index) => row({ model: `m${index}`, inputTokens: 100 * (index + 1) }));
    const { models } = usageView(rows, NOW);
    expect(models.map(({ name }) => name)).toEqual([
      ...[11, 10, 9, 8, 7, 6, 5].map((index) => `openai/m${index}`),
      "other models",
    ]);
    expect(models.at(-1)?.tokens.at(-1)).toBe(100 + 200 + 300 + 400 + 500 + 5 * 5);
  });

  it("is empty without rows", () => {
    expect(usageView([], NOW).models).toEqual([]);
  });
});

const USED_ON = Date.UTC(2026, 0, 5);

const entry = (at: number, more: Partial<UsageEntry> = {}) =>
  ({ at, provider: "openai", model: "gpt-5", inputTokens: 10, outputTokens: 1, costUsd: 0.5, ...more }) as UsageEntry;

describe("usageDays()", () => {
  it("adds turns up by day and model, and leaves a sum unknown that has an unknown part", async () => {
    const queries: unknown[] = [];
    const read = usageDays({
      async each(query, visit) {
        queries.push(query);
        for (const each of [
          entry(USED_ON),
          entry(USED_ON + 1),
          entry(USED_ON + 86_400_000),
          entry(USED_ON, { model: "free", costUsd: 0 }),
          entry(USED_ON, { model: "free", costUsd: null }),
        ])
          visit(each);
      },
    });
    expect(await read("2026-01-05")).toEqual([
      { day: "2026-01-05", provider: "openai", model: "gpt-5", inputTokens: 20, outputTokens: 2, costUsd: 1 },
      { day: "2026-01-06", provider: "openai", model: "gpt-5", inputTokens: 10, outputTokens: 1, costUsd: 0.5 },
      { day: "2026-01-05", provider: "openai", model: "free", inputTokens: 20, outputTokens: 2, costUsd: null },
    ]);
    expect(queries).toMatchObject([{ from: USED_ON }]);
  });
});
