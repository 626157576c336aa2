import type { UsageEntry } from "../../src/usage/ledger.js";
import { createSummary, createTotal, type Grouping } from "../../src/usage/summarize.js";

/** An entry like any other, but for what a test is about. */
export const entry = (fields: Partial<UsageEntry> = {}): UsageEntry => ({
  id: "discord:123:c1:m1",
  at: Date.UTC(2026, 0, 5, 11),
  workspace: "discord:123",
  platform: "discord",
  user: { id: "u1", name: "Ada" },
  provider: "openai",
  model: "gpt-5",
  inputTokens: 1_000,
  outputTokens: 200,
  cachedTokens: 0,
  costUsd: 0.01,
  isEstimated: false,
  ending: "done",
  ...fields,
});

export function summarize(entries: readonly UsageEntry[], by: Grouping) {
  const summary = createSummary(by);
  for (const each of entries) summary.add(each);
  return summary.groups();
}

export function sumOf(entries: readonly UsageEntry[]) {
  const total = createTotal();
  for (const each of entries) total.add(each);
  return total.sum();
}
