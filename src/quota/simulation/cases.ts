import { DAY_MS } from "../../base/time.js";
import type { RenewingLimit } from "../renewing-limit.js";
import type { RequestSeries } from "./series.js";

/** A question to a forecast, with the truth. Times are epoch ms. */
export interface QuotaCase {
  readonly series: RequestSeries;
  /** The window as it was at `askedAt`. */
  readonly window: RenewingLimit;
  readonly askedAt: number;
  /** Null where it did not run out. */
  readonly ranOutAt: number | null;
}

const WEEK_MS = 7 * DAY_MS;
/** 1970-01-05, a Monday. */
const MONDAY = 4 * DAY_MS;
/** Windows are UTC days, weeks from Monday, and four weeks counted from Monday 1970-01-05. */
export const SIMULATED_PERIODS = {
  day: { length: DAY_MS, offset: 0 },
  week: { length: WEEK_MS, offset: MONDAY },
  "4weeks": { length: 4 * WEEK_MS, offset: MONDAY },
} as const;
export type SimulatedPeriod = keyof typeof SIMULATED_PERIODS;

/** A quota is the median of up to so many whole past windows, times each factor. */
const MOST_PAST = 8;
const LEAST_PAST = 2;
const FACTORS = [0.6, 0.8, 1, 1.3];
const ASKED_AT = [0.2, 0.35, 0.5, 0.7];

/** Every question that a series gives, in order of time. */
export function casesOf(series: RequestSeries, period: SimulatedPeriod): readonly QuotaCase[] {
  const { length, offset } = SIMULATED_PERIODS[period];
  const starts: number[] = [];
  for (
    let at = Math.ceil((series.since - offset) / length) * length + offset;
    at + length <= series.until;
    at += length
  )
    starts.push(at);
  const totals = starts.map((at) => series.usedBefore(at + length) - series.usedBefore(at));
  return starts.flatMap((startsAt, index) => {
    const past = totals.slice(Math.max(0, index - MOST_PAST), index);
    const usual = past.length < LEAST_PAST ? 0 : median(past);
    return usual <= 0
      ? []
      : FACTORS.flatMap((factor) => questions(series, startsAt, { length, limit: usual * factor }));
  });
}

function questions(
  series: RequestSeries,
  startsAt: number,
  { length, limit }: { readonly length: number; readonly limit: number },
): readonly QuotaCase[] {
  const endsAt = startsAt + length;
  const before = series.usedBefore(startsAt);
  const ranOutAt = series.reachedAt(limit, startsAt, endsAt) ?? null;
  return ASKED_AT.map((share) => startsAt + share * length)
    .filter((askedAt) => ranOutAt === null || ranOutAt >= askedAt)
    .map((askedAt) => {
      const used = series.usedBefore(askedAt) - before;
      return { series, window: { startsAt, endsAt, limit, used }, askedAt, ranOutAt };
    });
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}
