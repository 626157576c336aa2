import { DAY_MS } from "../../base/time.js";

/** Length of the memories of what just happened: a burst, a talk, an hour's work. */
export const RECENT_MS = [120_000, 600_000, 3_600_000] as const;
/** Over how long the workspace is compared with its own habit: is it livelier than usual for this time of the week? */
export const LEVEL_MS = [6 * 3_600_000, DAY_MS, 7 * DAY_MS] as const;
export const HOUR_MS = 3_600_000;
export const HOURS_OF_WEEK = 168;

/**
 * How much of the expected rate each part explains before anything is learnt: the mean, the habit, the three recent
 * memories, the three levels. Sums to 1.
 */
export const FIRST_SHARES = [0.1, 0.1, 0.2, 0.2, 0.1, 0.1, 0.1, 0.1] as const;

/** Everything learnt of a workspace's use: some 360 numbers, and no more however busy it is. Times are epoch ms. */
export interface WorkspaceActivity {
  /** Up to when it has been lived through. */
  readonly at: number;
  readonly lastAt: number | null;
  /** Interactions in the hour under way. */
  readonly inThisHour: number;
  /**
   * Per hour of the week (UTC, from Thursday 0:00 as the epoch): interactions, and weeks seen; old weeks fade. Most of
   * what a workspace takes in memory, in half of what other numbers take.
   */
  readonly counts: Readonly<Float32Array>;
  readonly weeks: Readonly<Float32Array>;
  /** All interactions and all time, fading. */
  readonly total: { readonly count: number; readonly ms: number };
  /** Fading numbers of interactions, one for each of `RECENT_MS`. */
  readonly recent: readonly number[];
  /** Per `LEVEL_MS`: fading numbers of what happened and of what the habit had expected. */
  readonly happened: readonly number[];
  readonly habitual: readonly number[];
  /** Per part of the rate: interactions that it is credited with, and how many it alone would have predicted. */
  readonly credited: readonly number[];
  readonly foretold: readonly number[];
  /** Habit per ms of the hour before, this one and the next two; follows from the above. */
  readonly nearby: readonly number[];
}

const zeros = (length: number) => new Array<number>(length).fill(0);

/** The activity of a workspace that nothing is known about. */
export const newActivity = (now: number): WorkspaceActivity => {
  const activity = {
    at: now,
    lastAt: null,
    inThisHour: 0,
    counts: new Float32Array(HOURS_OF_WEEK),
    weeks: new Float32Array(HOURS_OF_WEEK),
    total: { count: 0, ms: 0 },
    recent: zeros(RECENT_MS.length),
    happened: zeros(LEVEL_MS.length),
    habitual: zeros(LEVEL_MS.length),
    credited: zeros(FIRST_SHARES.length),
    foretold: zeros(FIRST_SHARES.length),
  };
  return { ...activity, nearby: zeros(4).fill(meanRate(activity)) };
};

/** What a new workspace is taken for: one interaction in the half day before it was seen. */
const PRIOR = { count: 1, ms: 12 * HOUR_MS };

/** Interactions per ms over the last months. */
export const meanRate = ({ total }: Pick<WorkspaceActivity, "total">): number =>
  (total.count + PRIOR.count) / (total.ms + PRIOR.ms);
