import { z } from "zod";
import { FIRST_SHARES, HOURS_OF_WEEK, LEVEL_MS, RECENT_MS, type WorkspaceActivity } from "./activity.js";
import { habitNear } from "./habit.js";
import type { ListHistory } from "./list-history.js";

const amount = z.number().nonnegative();
const amounts = (length: number) => z.array(amount).length(length);
const hours = amounts(HOURS_OF_WEEK).transform((values) => Float32Array.from(values));

const activitySchema = z.object({
  at: amount,
  lastAt: amount.nullable(),
  inThisHour: amount,
  counts: hours,
  weeks: hours,
  total: z.object({ count: amount, ms: amount }),
  recent: amounts(RECENT_MS.length),
  happened: amounts(LEVEL_MS.length),
  habitual: amounts(LEVEL_MS.length),
  credited: amounts(FIRST_SHARES.length),
  foretold: amounts(FIRST_SHARES.length),
});

const listSchema = z.object({
  at: amount,
  lastChangeAt: amount.nullable(),
  since: amount,
  changes: amount,
  watchedMs: amount,
  attempts: amount,
  failures: amount,
});

/** Learnt numbers are worth no more digits than that; a row stays at some 2 KB. */
const DIGITS = 5;
const short = (values: Iterable<number>) => Array.from(values, (value) => Number(value.toPrecision(DIGITS)));

/** What is stored of a workspace's use. */
export const storedActivity = ({ nearby: _derived, ...activity }: WorkspaceActivity): unknown => ({
  ...activity,
  counts: short(activity.counts),
  weeks: short(activity.weeks),
  recent: short(activity.recent),
  happened: short(activity.happened),
  habitual: short(activity.habitual),
  credited: short(activity.credited),
  foretold: short(activity.foretold),
});

/** A stored row; undefined where it is not one. */
export function readActivity(value: unknown): WorkspaceActivity | undefined {
  const parsed = activitySchema.safeParse(value);
  return parsed.success ? { ...parsed.data, nearby: habitNear(parsed.data, parsed.data.at) } : undefined;
}

/** A stored row; undefined where it is not one. */
export function readListHistory(value: unknown): ListHistory | undefined {
  const parsed = listSchema.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}
