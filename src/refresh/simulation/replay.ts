import { newActivity, type WorkspaceActivity } from "../smart/activity.js";
import { keepUp, note } from "../smart/learn.js";
import { type ListHistory, newListHistory, noteList } from "../smart/list-history.js";
import { SHORTEST_MS, smartInterval } from "../smart/smart-interval.js";

export interface Replay {
  /** Sorted, epoch ms. */
  readonly interactions: readonly number[];
  /** When the provider's list changed; sorted. Unset: not known. */
  readonly changes?: readonly number[];
  readonly startAt: number;
  readonly endAt: number;
}

export interface ReplayResult {
  readonly callsPerDay: number;
  readonly meanAgeMinutes: number;
  readonly p95AgeMinutes: number;
  readonly callsRatioAtEqualMeanAge: number;
  readonly staleInteractions?: number;
}

const TICK_MS = 10_000;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** Lives through the trace tick by tick, as the bot does; a refresh takes no time. */
export function replay(policy: Policy, { interactions, changes = [], startAt, endAt }: Replay) {
  const ages: number[] = [];
  let calls = 1;
  let refreshedAt = startAt;
  let nextInteraction = 0;
  const listed = cursor(changes, startAt);
  const happened = cursor(changes, startAt);
  let stale = 0;
  for (let now = startAt; now <= endAt; now += TICK_MS) {
    if (policy.isDue(now - refreshedAt, now)) {
      refreshedAt = now;
      calls += 1;
      policy.onRefresh(listed.moveTo(now), now);
    }
    while (nextInteraction < interactions.length) {
      const at = interactions[nextInteraction] ?? 0;
      if (at >= now + TICK_MS) break;
      nextInteraction += 1;
      ages.push(at - refreshedAt);
      happened.moveTo(at);
      if (happened.count() > listed.count()) stale += 1;
      policy.onInteraction(at);
    }
  }
  return { calls, ages, stale };
}

/** Goes through sorted times; `moveTo` tells whether it passed any. */
function cursor(times: readonly number[], startAt: number) {
  let passed = 0;
  const moveTo = (now: number) => {
    const before = passed;
    while (passed < times.length && (times[passed] ?? 0) <= now) passed += 1;
    return passed > before;
  };
  moveTo(startAt);
  return { moveTo, count: () => passed };
}

/** The numbers that policies are compared by. */
export function outcomeOf(run: { calls: number; ages: readonly number[]; stale: number }, trace: Replay): ReplayResult {
  const callsPerDay = (run.calls * DAY_MS) / (trace.endAt - trace.startAt);
  const sorted = [...run.ages].sort((a, b) => a - b);
  const meanAgeMinutes = sorted.reduce((sum, age) => sum + age, 0) / sorted.length / MINUTE_MS;
  const p95AgeMinutes = (sorted[Math.ceil(sorted.length * 0.95) - 1] ?? 0) / MINUTE_MS;
  const round = (value: number) => Math.round(value * 10_000) / 10_000;
  return {
    callsPerDay: round(callsPerDay),
    meanAgeMinutes: round(meanAgeMinutes),
    p95AgeMinutes: round(p95AgeMinutes),
    callsRatioAtEqualMeanAge: round((callsPerDay * 2 * meanAgeMinutes) / 1440),
    ...(trace.changes !== undefined && { staleInteractions: run.stale }),
  };
}

/** Decides on each tick whether the list is refreshed. It is told only what has already happened. */
export interface Policy {
  onInteraction(at: number): void;
  isDue(ageMs: number, now: number): boolean;
  onRefresh(hasChanged: boolean, now: number): void;
}

export const fixedPolicy = (intervalMs: number): Policy => ({
  onInteraction() {},
  isDue: (ageMs) => ageMs >= intervalMs,
  onRefresh() {},
});

/**
 * While nothing happens an interval only grows, but for the habit's own rise, and that is smoothed: within a minute it
 * shortens an interval by less than 5 %. So there is no need to look at every tick.
 */
const LOOK_MS = 60_000;
const SAFE_SHARE = 0.95;

/** The bot's own; `knowsChanges`: whether the trace tells when the list changed. */
export function smartPolicy(startAt: number, knowsChanges: boolean): Policy {
  let activity: WorkspaceActivity = newActivity(startAt);
  let list: ListHistory = newListHistory(startAt);
  let lookAgainAt = startAt;
  return {
    onInteraction(at) {
      activity = note(activity, at);
      lookAgainAt = at;
    },
    isDue(ageMs, now) {
      if (now < lookAgainAt || ageMs < SHORTEST_MS) return false;
      activity = keepUp(activity, now);
      const { ms } = smartInterval(activity, knowsChanges ? list : undefined, now);
      lookAgainAt = now + Math.min(LOOK_MS, ms * SAFE_SHARE - ageMs);
      return ageMs >= ms;
    },
    onRefresh(hasChanged, now) {
      if (knowsChanges) list = noteList(list, hasChanged ? "changed" : "unchanged", now);
    },
  };
}
