import type { Use } from "./smart-interval.js";

export interface Explained {
  readonly ms: number;
  readonly use: Use;
  /** Since somebody was last here; null: nobody ever was. */
  readonly idleMs: number | null;
  /** Since the last change of a list, or since watching began. */
  readonly unchangedMs: number;
  /** How many lists that speaks of. */
  readonly lists: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const USES: Readonly<Record<Use, string>> = {
  active: "people are active",
  "busy-time": "busy time of the week",
  usual: "usual activity",
  "quiet-hour": "quiet hour",
};

/** One line for people: "every 12 min: quiet hour, list unchanged for 3 days". */
export function explain({ ms, use, idleMs, unchangedMs, lists }: Explained): string {
  const minutes = ms < 10 * MINUTE_MS ? Math.round((ms / MINUTE_MS) * 2) / 2 : Math.round(ms / MINUTE_MS);
  const reasons = [
    idleMs === null ? "nobody here yet" : idleMs >= DAY_MS ? `nobody here for ${span(idleMs)}` : USES[use],
  ];
  if (unchangedMs >= DAY_MS) reasons.push(`${lists === 1 ? "list" : "lists"} unchanged for ${span(unchangedMs)}`);
  return `every ${minutes} min: ${reasons.join(", ")}`;
}

/** Whole hours up to two days, then whole days. */
function span(ms: number): string {
  return ms < 2 * DAY_MS ? `${Math.floor(ms / HOUR_MS)} hours` : `${Math.floor(ms / DAY_MS)} days`;
}
