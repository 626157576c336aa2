import { DAY_MS } from "../../base/time.js";
import { type Phrase, phrase, t } from "../../languages/translate.js";
import { HOUR_MS, meanRate, type WorkspaceActivity } from "./activity.js";
import { expectedRate } from "./expected-rate.js";
import { type ListHistory, stretchOf } from "./list-history.js";

export interface SmartInterval {
  readonly ms: number;
  readonly use: Use;
}

/** Why it is that long, as far as the use of the workspace goes. */
export type Use = "active" | "busy-time" | "usual" | "quiet-hour";

const MINUTE_MS = 60_000;
export const SHORTEST_MS = MINUTE_MS;
export const LONGEST_MS = 60 * MINUTE_MS;
const TICK_MS = 10_000;

/**
 * At its mean rate a workspace with 20 interactions a day gets 12 minutes; one with 16 times as many gets half of
 * that.
 */
const BASE_MS = 12 * MINUTE_MS;
const BASE_PER_DAY = 20;
const BASE_POWER = 0.25;
const MOST_BASE_MS = 30 * MINUTE_MS;
const LEAST_BASE_MS = 3 * MINUTE_MS;
/** A workspace where less happens is not looked after as if that were much for it. */
const LEAST_PER_DAY = 1;

/**
 * The interval of a workspace now: for a given number of calls the lists are youngest in people's hands when it goes
 * with one over the square root of the rate of interactions expected now. From 1 to 60 minutes.
 */
export function smartInterval(activity: WorkspaceActivity, list: ListHistory | undefined, now: number): SmartInterval {
  const { ms, use } = intervalByUse(activity, now);
  return { ms: intervalFor(ms, list), use };
}

/** What the use of a workspace alone comes to; the list and the bounds come after that. */
export function intervalByUse(activity: WorkspaceActivity, now: number): SmartInterval {
  const mean = Math.max(meanRate(activity), LEAST_PER_DAY / DAY_MS);
  const { rate, fromRecent } = expectedRate(activity, now);
  return { ms: baseMs(mean) * Math.sqrt(mean / rate), use: useOf(rate / mean, fromRecent / rate) };
}

/** The smart interval for a list, in ms; of several workspaces that with the shortest `byUseMs` has the shortest. */
export const intervalFor = (byUseMs: number, list: ListHistory | undefined): number => {
  const ms = byUseMs * (list === undefined ? 1 : stretchOf(list));
  return onTick(Math.min(Math.max(ms, SHORTEST_MS), LONGEST_MS));
};

const baseMs = (mean: number): number =>
  Math.min(MOST_BASE_MS, Math.max(LEAST_BASE_MS, BASE_MS * (BASE_PER_DAY / (mean * DAY_MS)) ** BASE_POWER));

/** Whole ticks: what is due is looked at every 10 s only. */
const onTick = (ms: number): number => Math.round(ms / TICK_MS) * TICK_MS;

/** `ratio`: the rate against the mean; `recentShare`: what of it is because somebody was here just now. */
function useOf(ratio: number, recentShare: number): Use {
  if (ratio >= 1 && recentShare >= 0.5) return "active";
  if (ratio >= 1.5) return "busy-time";
  return ratio >= 0.6 ? "usual" : "quiet-hour";
}

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

const USES: Readonly<Record<Use, Phrase>> = {
  active: phrase`people are active`,
  "busy-time": phrase`busy time of the week`,
  usual: phrase`usual activity`,
  "quiet-hour": phrase`quiet hour`,
};

/** One line for people: "every 12 min: quiet hour, list unchanged for 3 days". */
export function explain({ ms, use, idleMs, unchangedMs, lists }: Explained): string {
  const minutes = ms < 10 * MINUTE_MS ? Math.round((ms / MINUTE_MS) * 2) / 2 : Math.round(ms / MINUTE_MS);
  const reasons = [
    idleMs === null ? t`nobody here yet` : idleMs >= DAY_MS ? t`nobody here for ${span(idleMs)}` : t(USES[use]),
  ];
  if (unchangedMs >= DAY_MS) reasons.push(t`${lists === 1 ? t`list` : t`lists`} unchanged for ${span(unchangedMs)}`);
  return t`every ${minutes} min: ${reasons.join(", ")}`;
}

/** Whole hours up to two days, then whole days. */
function span(ms: number): string {
  return ms < 2 * DAY_MS ? t`${Math.floor(ms / HOUR_MS)} hours` : t`${Math.floor(ms / DAY_MS)} days`;
}
