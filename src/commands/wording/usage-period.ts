import { DAY_MS, startOfDay } from "../../base/time.js";

/** A stretch of whole UTC days that ends with today; epoch ms, `to` is exclusive. */
export interface Period {
  readonly from: number;
  readonly to: number;
  /** "today", "the last 7 days". */
  readonly name: string;
}

export const PERIODS = ["today", "7d", "30d", "month"] as const;
export type PeriodId = (typeof PERIODS)[number];

const NAMES: Readonly<Record<PeriodId, string>> = {
  today: "today",
  "7d": "the last 7 days",
  "30d": "the last 30 days",
  month: "this month",
};

/** The period that a word names at a time (epoch ms). */
export function periodOf(id: PeriodId, now: number): Period {
  const today = startOfDay(now);
  const date = new Date(now);
  const starts: Readonly<Record<PeriodId, number>> = {
    today,
    "7d": today - 6 * DAY_MS,
    "30d": today - 29 * DAY_MS,
    month: Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1),
  };
  return { from: starts[id], to: today + DAY_MS, name: NAMES[id] };
}
