import { showTimes } from "../../../base/time.js";
import { marksOf, type Row } from "./rows.js";

const MINUTE_MS = 60_000;
/** From the largest: up to how many of a unit it is told in that unit. */
const UNITS = [
  ["day", 24 * 60 * MINUTE_MS],
  ["h", 60 * MINUTE_MS],
  ["min", MINUTE_MS],
] as const;

/** A point in time in words, as seen from `now`: "2 min ago", "in 3 min", "just now". */
export function timeInWords(at: number, now: number): string {
  const distanceMs = Math.abs(at - now);
  const unit = UNITS.find(([, unitMs]) => Math.round(distanceMs / unitMs) >= 1 && distanceMs >= unitMs * 0.75);
  if (unit === undefined) return at <= now ? "just now" : "in a moment";
  const count = Math.max(1, Math.round(distanceMs / unit[1]));
  const words = `${count} ${unit[0]}${unit[0] === "day" && count > 1 ? "s" : ""}`;
  return at <= now ? `${words} ago` : `in ${words}`;
}

export const withTimesInWords = (markdown: string, now: number): string =>
  showTimes(markdown, (at) => timeInWords(at, now));

/** A message as the HTTP interface gives it. */
export function publicMessage(row: Row, now: number) {
  return {
    id: row.id,
    author: row.author,
    text: row.author === "bot" ? withTimesInWords(row.text, now) : row.text,
    marks: marksOf(row),
    ...(row.controls.length > 0 && { controls: row.controls }),
    ...(row.replyTo !== null && { replyTo: row.replyTo }),
    at: row.at,
  };
}
