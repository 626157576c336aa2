import { newActivity, type WorkspaceActivity } from "../smart/activity.js";
import { keepUp, note } from "../smart/learn.js";
import { type ListHistory, newListHistory, noteList } from "../smart/memory.js";
import { SHORTEST_MS, smartInterval } from "../smart/smart-interval.js";

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
