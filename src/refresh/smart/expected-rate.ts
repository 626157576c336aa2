import { FIRST_SHARES, LEVEL_MS, meanRate, RECENT_MS, type WorkspaceActivity } from "./activity.js";
import { habitAt } from "./habit.js";

/** How many interactions it takes until they weigh as much as the first guess. */
const TRUST_AFTER = 20;
/** Nothing happening where so little was expected says nothing about the level. */
const LEVEL_PRIOR = 3;
/** The habit is read a little ahead, so that the list is fresh when the day begins. */
const LEAD_MS = 10 * 60_000;

/**
 * What each part alone would expect per ms: the mean, the habit, what just happened, the habit at its present level.
 */
export function partsAt(activity: WorkspaceActivity, now: number): number[] {
  const ms = Math.max(0, now - activity.at);
  const habit = habitAt(activity, now + LEAD_MS);
  const parts = [meanRate(activity), habit];
  for (let index = 0; index < RECENT_MS.length; index++) {
    const memoryMs = RECENT_MS[index] ?? 1;
    parts.push(((activity.recent[index] ?? 0) * Math.exp(-ms / memoryMs)) / memoryMs);
  }
  for (let index = 0; index < LEVEL_MS.length; index++) {
    const memoryMs = LEVEL_MS[index] ?? 1;
    const kept = Math.exp(-ms / memoryMs);
    const happened = (activity.happened[index] ?? 0) * kept;
    const habitual = (activity.habitual[index] ?? 0) * kept + habit * memoryMs * (1 - kept);
    parts.push((habit * (happened + LEVEL_PRIOR)) / (habitual + LEVEL_PRIOR));
  }
  return parts;
}

/** How far a part is believed: by what it has predicted, and what then happened. */
export const weightOf = (
  { credited, foretold }: Pick<WorkspaceActivity, "credited" | "foretold">,
  part: number,
): number => ((credited[part] ?? 0) + TRUST_AFTER * (FIRST_SHARES[part] ?? 0)) / ((foretold[part] ?? 0) + TRUST_AFTER);

/** The place of the first recent memory among the parts. */
export const FIRST_RECENT = 2;

export interface ExpectedRate {
  /** Interactions per ms expected now. */
  readonly rate: number;
  /** The part of it that comes from somebody who was here just now. */
  readonly fromRecent: number;
  /** What each part adds to it. */
  readonly shares: readonly number[];
}

/** The interactions to be expected now: each part's word, weighted by how far it is believed. */
export function expectedRate(activity: WorkspaceActivity, now: number): ExpectedRate {
  const shares = partsAt(activity, now);
  let rate = 0;
  let fromRecent = 0;
  for (let part = 0; part < shares.length; part++) {
    const share = (shares[part] ?? 0) * weightOf(activity, part);
    shares[part] = share;
    rate += share;
    if (part >= FIRST_RECENT && part < FIRST_RECENT + RECENT_MS.length) fromRecent += share;
  }
  return { rate, fromRecent, shares };
}
