import { dateLocaleInForce } from "../languages/translate.js";
export const DAY_MS = 86_400_000;

/** The UTC day that a time (epoch ms) falls on, as "2026-01-31": days sort as their texts do. */
export const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** A day of UTC in words: "14 Jan 2027". */
export const dayInWords = (at: number): string =>
  new Date(at).toLocaleDateString(dateLocaleInForce(), {
    day: "numeric",
    month: "short",
    year: "numeric",
    timeZone: "UTC",
  });

/** Epoch ms at which the UTC day of a time began. */
export const startOfDay = (at: number): number => Math.floor(at / DAY_MS) * DAY_MS;

/** The UTC days that `from` (inclusive) to `to` (exclusive) touch, oldest first; both epoch ms. */
export function daysBetween(from: number, to: number): readonly string[] {
  const first = startOfDay(from);
  const count = Math.max(0, Math.ceil((to - first) / DAY_MS));
  return to > from ? Array.from({ length: count }, (_, index) => dayOf(first + index * DAY_MS)) : [];
}

/** A point in time (epoch ms) inside Markdown; every platform shows it in its own way, in the reader's zone. */
export const timeMark = (at: number): string => `<t:${Math.floor(at / 1000)}:R>`;

/** Replaces every time mark; `show` gets epoch ms, cut to whole seconds. */
export const showTimes = (markdown: string, show: (at: number) => string): string =>
  markdown.replace(/<t:(\d{1,12}):R>/g, (_mark, seconds: string) => show(Number(seconds) * 1000));

/** What renews by the calendar, in UTC; weeks begin on Monday. */
export type CalendarPeriod = "day" | "week" | "month";

/** The day, week or month that a time falls in, from `startsAt` (inclusive) to `endsAt` (exclusive); all epoch ms. */
export function calendarWindow(
  period: CalendarPeriod,
  at: number,
): { readonly startsAt: number; readonly endsAt: number } {
  const date = new Date(at);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  if (period === "month") return { startsAt: Date.UTC(year, month, 1), endsAt: Date.UTC(year, month + 1, 1) };
  const daysBack = period === "week" ? (date.getUTCDay() + 6) % 7 : 0;
  const startsAt = startOfDay(at) - daysBack * DAY_MS;
  return { startsAt, endsAt: startsAt + (period === "week" ? 7 : 1) * DAY_MS };
}
