import { DAY_MS, dayOf, daysBetween } from "../../../base/time.js";
import type { Ledger } from "../../../usage/ledger.js";

/** What one model used on one day. */
export interface UsageDay {
  /** A UTC day, as "2026-01-05". */
  readonly day: string;
  readonly provider: string;
  readonly model: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Null where the price is not known: that is not 0. */
  readonly costUsd: number | null;
}

/** Reads the usage ledger from a UTC day on. @throws {StoreError} */
export type ReadUsage = (sinceDay: string) => Promise<readonly UsageDay[]>;

/** Reads the ledger by day and model, over all workspaces: one row of them, however many turns there were. */
export const usageDays =
  (ledger: Pick<Ledger, "each">): ReadUsage =>
  async (sinceDay) => {
    const days = new Map<string, UsageDay>();
    await ledger.each({ from: Date.parse(sinceDay), to: Number.MAX_SAFE_INTEGER }, (entry) => {
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
        costUsd: before === undefined ? costUsd : costOf([before, entry]),
      });
    });
    return [...days.values()];
  };

export interface UsageView {
  /** Every day of the time shown, also those without use. */
  readonly days: readonly string[];
  /** The heaviest models first, the rest as one. */
  readonly models: readonly {
    readonly name: string;
    readonly tokens: readonly number[];
    /** Null where a price was not known that day. */
    readonly costUsd: readonly (number | null)[];
  }[];
}

const SHOWN_DAYS = 30;
const MAX_MODELS = 7;
const OTHERS = "other models";

/** The first day that is shown. */
export const firstDay = (now: number): string => dayOf(now - (SHOWN_DAYS - 1) * DAY_MS);

/** Columns by day and model for the charts. */
export function usageView(rows: readonly UsageDay[], now: number): UsageView {
  const days = daysBetween(Date.parse(firstDay(now)), now + 1);
  const shown = rows.filter(({ day }) => days.includes(day));
  const totals = new Map<string, number>();
  for (const row of shown) totals.set(nameOf(row), (totals.get(nameOf(row)) ?? 0) + tokensOf(row));
  const byWeight = [...totals].sort(([, a], [, b]) => b - a).map(([name]) => name);
  const own = byWeight.length > MAX_MODELS + 1 ? byWeight.slice(0, MAX_MODELS) : byWeight;
  const column = (name: string) => {
    const mine = shown.filter((row) => (own.includes(nameOf(row)) ? nameOf(row) : OTHERS) === name);
    const on = (day: string) => mine.filter((row) => row.day === day);
    return {
      name,
      tokens: days.map((day) => on(day).reduce((sum, row) => sum + tokensOf(row), 0)),
      costUsd: days.map((day) => costOf(on(day))),
    };
  };
  const names = own.length < byWeight.length ? [...own, OTHERS] : own;
  return { days, models: names.map(column) };
}

const nameOf = ({ provider, model }: UsageDay) => `${provider}/${model}`;
const tokensOf = ({ inputTokens, outputTokens }: UsageDay) => inputTokens + outputTokens;

/** The sum of known costs; one that is not known makes the sum unknown. */
function costOf(rows: readonly Pick<UsageDay, "costUsd">[]): number | null {
  if (rows.some(({ costUsd }) => costUsd === null)) return null;
  return rows.reduce((sum, { costUsd }) => sum + (costUsd ?? 0), 0);
}
