/** What one model used on one day. */
export interface UsageDay {
  /** Of UTC, as "2026-01-05". */
  readonly day: string;
  readonly provider: string;
  readonly model: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Null where the price is not known: that is not 0. */
  readonly costUsd: number | null;
}

/** The ledger, as far as the console reads it: from this day of UTC on. @throws {StoreError} */
export type ReadUsage = (sinceDay: string) => Promise<readonly UsageDay[]>;

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
const MOST_MODELS = 7;
const DAY_MS = 86_400_000;
const OTHERS = "other models";
const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10);

/** The first day that is shown. */
export const firstDay = (now: number): string => dayOf(now - (SHOWN_DAYS - 1) * DAY_MS);

/** Columns by day and model for the charts. */
export function usageView(rows: readonly UsageDay[], now: number): UsageView {
  const days = Array.from({ length: SHOWN_DAYS }, (_, index) => dayOf(now - (SHOWN_DAYS - 1 - index) * DAY_MS));
  const shown = rows.filter(({ day }) => days.includes(day));
  const totals = new Map<string, number>();
  const nameOf = ({ provider, model }: UsageDay) => `${provider}/${model}`;
  const tokensOf = ({ inputTokens, outputTokens }: UsageDay) => inputTokens + outputTokens;
  for (const row of shown) totals.set(nameOf(row), (totals.get(nameOf(row)) ?? 0) + tokensOf(row));
  const byWeight = [...totals].sort(([, a], [, b]) => b - a).map(([name]) => name);
  const own = byWeight.length > MOST_MODELS + 1 ? byWeight.slice(0, MOST_MODELS) : byWeight;
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

function costOf(rows: readonly UsageDay[]): number | null {
  if (rows.some(({ costUsd }) => costUsd === null)) return null;
  return rows.reduce((sum, { costUsd }) => sum + (costUsd ?? 0), 0);
}
