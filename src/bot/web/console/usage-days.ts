import { dayOf } from "../../../base/time.js";
import type { Ledger } from "../../../usage/ledger.js";
import type { ReadUsage, UsageDay } from "./usage.js";

/** The ledger by day and model, over all workspaces: one row of them, however many turns there were. */
export const usageDays =
  (ledger: Pick<Ledger, "read">): ReadUsage =>
  async (sinceDay) => {
    const days = new Map<string, UsageDay>();
    for (const entry of await ledger.read({ from: Date.parse(sinceDay), to: Number.MAX_SAFE_INTEGER })) {
      const { provider, model, inputTokens, outputTokens, costUsd } = entry;
      const day = dayOf(entry.at);
      const key = JSON.stringify([day, provider, model]);
      const before = days.get(key);
      days.set(key, {
        day,
        provider,
        model,
        inputTokens: inputTokens + (before?.inputTokens ?? 0),
        outputTokens: outputTokens + (before?.outputTokens ?? 0),
        costUsd: before === undefined ? costUsd : addedUp(before.costUsd, costUsd),
      });
    }
    return [...days.values()];
  };

/** What is not known does not become 0 beside what is. */
const addedUp = (a: number | null, b: number | null) => (a === null || b === null ? null : a + b);
