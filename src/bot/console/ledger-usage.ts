import type { Ledger } from "../../usage/ledger.js";
import { DAY_MS, dayOf } from "../../usage/utc-day.js";
import type { ReadUsage, UsageDay } from "./usage.js";

/** The ledger's entries of all workspaces, added up by day and model; of people nothing. */
export const ledgerUsage =
  (ledger: Pick<Ledger, "read">, now: () => number): ReadUsage =>
  async (sinceDay) => {
    const days = new Map<string, UsageDay>();
    for (const entry of await ledger.read({ from: Date.parse(sinceDay), to: now() + DAY_MS })) {
      const { provider, model, inputTokens, outputTokens, costUsd } = entry;
      const day = dayOf(entry.at);
      const key = JSON.stringify([day, provider, model]);
      const sum = days.get(key) ?? { day, provider, model, inputTokens: 0, outputTokens: 0, costUsd: 0 };
      days.set(key, {
        ...sum,
        inputTokens: sum.inputTokens + inputTokens,
        outputTokens: sum.outputTokens + outputTokens,
        costUsd: sum.costUsd === null || costUsd === null ? null : sum.costUsd + costUsd,
      });
    }
    return [...days.values()];
  };
