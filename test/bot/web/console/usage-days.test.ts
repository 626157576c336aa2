import { describe, expect, it } from "vitest";
import { usageDays } from "../../../../src/bot/web/console/usage-days.js";
import type { UsageEntry } from "../../../../src/usage/ledger.js";

const DAY = Date.UTC(2026, 0, 5);

const entry = (at: number, more: Partial<UsageEntry> = {}) =>
  ({ at, provider: "openai", model: "gpt-5", inputTokens: 10, outputTokens: 1, costUsd: 0.5, ...more }) as UsageEntry;

describe("usageDays()", () => {
  it("adds turns up by day and model, and leaves a sum unknown that has an unknown part", async () => {
    const asked: unknown[] = [];
    const read = usageDays({
      async read(query) {
        asked.push(query);
        return [
          entry(DAY),
          entry(DAY + 1),
          entry(DAY + 86_400_000),
          entry(DAY, { model: "free", costUsd: 0 }),
          entry(DAY, { model: "free", costUsd: null }),
        ];
      },
    });
    expect(await read("2026-01-05")).toEqual([
      { day: "2026-01-05", provider: "openai", model: "gpt-5", inputTokens: 20, outputTokens: 2, costUsd: 1 },
      { day: "2026-01-06", provider: "openai", model: "gpt-5", inputTokens: 10, outputTokens: 1, costUsd: 0.5 },
      { day: "2026-01-05", provider: "openai", model: "free", inputTokens: 20, outputTokens: 2, costUsd: null },
    ]);
    expect(asked).toMatchObject([{ from: DAY }]);
  });
});
