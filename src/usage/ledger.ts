import { z } from "zod";
import { type Clock, nextTurn } from "../base/clock.js";
import { dayOf } from "../base/time.js";
import { endingRow } from "../store/sessions/session-rows.js";
import type { Ending } from "../store/sessions/sessions.js";
import type { Store, Write } from "../store/store.js";
import { createDailyRows, type DailyQuery } from "./daily-rows.js";
import type { PriceSource } from "./model-facts.js";

/**
 * Days that an entry is kept. Bills come by the month, and any three months in a row have at most 92
 * days, so that the bills of the last two whole months can still be checked; longer would keep who asked when for no
 * use.
 */
export const KEPT_DAYS = 92;

/** What one turn used. Never holds what was said. */
export interface UsageEntry {
  /** The question's id. Unique: writing the entry again replaces it, so that a repeated event never counts twice. */
  readonly id: string;
  /** Epoch ms. The question's own stored time, so that what is written again after a restart lands on the same day. */
  readonly at: number;
  /** Key of the workspace in the settings: "discord:123". */
  readonly workspace: string;
  readonly platform: string;
  readonly user: { readonly id: string; readonly name: string };
  readonly provider: string;
  readonly model: string;
  /** The provider's account, by the identity of its address and key; unset in entries of version 0.1. */
  readonly account?: string | undefined;
  /** Whole tokens; those read from the provider's cache are part of it. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedTokens: number;
  /** USD; null where the price is unknown, 0 where the model is free. */
  readonly costUsd: number | null;
  /** Whose prices the cost was computed from: the provider's list's or our table's; unset in entries of version 0.1. */
  readonly priceSource?: PriceSource | null | undefined;
  /** The provider did not say how many tokens there were: they are our estimate. */
  readonly isEstimated: boolean;
  readonly ending: Ending;
}

/** What a turn used. */
export type Used = Pick<UsageEntry, "inputTokens" | "outputTokens" | "cachedTokens" | "isEstimated">;

export interface Ledger {
  /** The row of an entry, to be written in one step with the turn itself. */
  writeOf(entry: UsageEntry): Write;
  /** Oldest first; damaged rows are left out, and so is what is older than `KEPT_DAYS`. @throws {StoreError} */
  read(query: DailyQuery): Promise<readonly UsageEntry[]>;
  /**
   * Calls back with each of these entries, in any order, and lets other work go on in between: for sums of more entries
   * than memory should hold. @throws {StoreError}
   */
  each(query: DailyQuery, visit: (entry: UsageEntry) => void): Promise<void>;
  /**
   * Erases the entries of all UTC days that ended at or before `before` (epoch ms), and tells how many.
   * @throws {StoreError} and then the rest is left for the next time
   */
  erase(before: number): Promise<number>;
}

export interface LedgerDeps {
  readonly store: Store;
  readonly clock: Clock;
}

/** A number out of range costs itself, not the row; JSON also holds numbers that are read as infinite. */
const anyNumber = z.custom<number>((value) => typeof value === "number");
const tokens = anyNumber.transform((count) => (Number.isSafeInteger(count) && count >= 0 ? count : 0));

const entryRow = z.object({
  id: z.string(),
  at: z.number(),
  workspace: z.string(),
  platform: z.string(),
  user: z.object({ id: z.string(), name: z.string() }),
  provider: z.string(),
  model: z.string(),
  account: z.string().optional(),
  inputTokens: tokens,
  outputTokens: tokens,
  cachedTokens: tokens,
  costUsd: anyNumber.nullable().transform((usd) => (usd !== null && Number.isFinite(usd) && usd >= 0 ? usd : null)),
  priceSource: z.enum(["list", "table"]).nullish(),
  isEstimated: z.boolean(),
  ending: endingRow,
});

/** Entries of one day from which on other work goes before the next day. */
const SORTED_AT_ONCE = 250;

/** One row a turn, found by UTC day and workspace: reading a day costs what that day holds. */
export function createLedger({ store, clock }: LedgerDeps): Ledger {
  const { keyOf, each, erase } = createDailyRows({
    store,
    clock,
    table: "usage",
    schema: entryRow,
    keptDays: KEPT_DAYS,
  });
  return {
    writeOf: (entry) => ({ table: "usage", key: keyOf(entry), value: entry }),
    async read(query) {
      const days = new Map<string, UsageEntry[]>();
      await each(query, (entry) => {
        const day = dayOf(entry.at);
        const known = days.get(day);
        if (known === undefined) days.set(day, [entry]);
        else known.push(entry);
      });
      const sorted: UsageEntry[] = [];
      for (const [, entries] of [...days].sort(([a], [b]) => (a < b ? -1 : 1))) {
        for (const entry of entries.sort((a, b) => a.at - b.at)) sorted.push(entry);
        if (entries.length >= SORTED_AT_ONCE) await nextTurn();
      }
      return sorted;
    },
    each,
    erase,
  };
}
