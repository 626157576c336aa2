import { HOUR_MS, HOURS_OF_WEEK, meanRate, type WorkspaceActivity } from "./activity.js";

/** Weights of an hour and of its neighbours at one and two hours: talk does not know the full hour. */
const NEIGHBOURS = [
  [-2, 0.2],
  [-1, 0.6],
  [0, 1],
  [1, 0.6],
  [2, 0.2],
] as const;
/** The hour of the week is believed against the hour of the day as if that were four weeks' worth. */
const DAY_WEEKS = 4;
/** The hour of the day is believed against the overall mean as if that were two days' worth. */
const MEAN_DAYS = 2;

type Facts = Pick<WorkspaceActivity, "counts" | "weeks" | "total">;

/**
 * Interactions per ms usual in an hour of the week, drawn towards the hour of the day and the mean where little is
 * known.
 */
export function habitOf(facts: Facts, hour: number): number {
  const week = around(facts, hour, [0]);
  const day = around(facts, hour, [0, 24, 48, 72, 96, 120, 144]);
  const mean = meanRate(facts) * HOUR_MS;
  const perHourOfDay = (day.count + MEAN_DAYS * mean) / (day.weeks + MEAN_DAYS);
  return (week.count + DAY_WEEKS * perHourOfDay) / (week.weeks + DAY_WEEKS) / HOUR_MS;
}

function around({ counts, weeks }: Facts, hour: number, shifts: readonly number[]) {
  const sum = { count: 0, weeks: 0 };
  for (const shift of shifts)
    for (const [distance, weight] of NEIGHBOURS) {
      const index = hourOfWeek(hour + shift + distance);
      sum.count += weight * (counts[index] ?? 0);
      sum.weeks += weight * (weeks[index] ?? 0);
    }
  return sum;
}

/** `hour`: hours since the epoch. */
export const hourOfWeek = (hour: number): number => ((hour % HOURS_OF_WEEK) + HOURS_OF_WEEK) % HOURS_OF_WEEK;

/** The habit from the hour before `at` to the second after it. */
export const habitNear = (facts: Facts, at: number): readonly number[] => {
  const hour = Math.floor(at / HOUR_MS);
  return [-1, 0, 1, 2].map((ahead) => habitOf(facts, hour + ahead));
};

/** Between the middles of the hours it runs straight. `now` lies in the hour of `at` or the next. */
export function habitAt({ at, nearby }: Pick<WorkspaceActivity, "at" | "nearby">, now: number): number {
  const position = now / HOUR_MS - Math.floor(at / HOUR_MS) + 0.5;
  const index = Math.min(Math.max(Math.floor(position), 0), nearby.length - 2);
  const part = Math.min(Math.max(position - index, 0), 1);
  return (nearby[index] ?? 0) * (1 - part) + (nearby[index + 1] ?? 0) * part;
}
