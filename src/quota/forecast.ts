import { DAY_MS } from "../base/time.js";
import { type Course, createCourses } from "./courses.js";
import type { RenewingLimit, UsageHistory } from "./renewing-limit.js";

/** Whether a limit runs out before it renews, and when. Times are epoch ms. */
export interface Forecast {
  /** Probability that it runs out before it renews, 0 to 1. */
  readonly probability: number;
  /** With `latestAt` the 80 % interval of when, given that it runs out; null where no past window shows that. */
  readonly earliestAt: number | null;
  /** The median over all outcomes; null where that is the renewal. */
  readonly medianAt: number | null;
  readonly latestAt: number | null;
  /** The 80 % interval of what is used by the renewal, as a share of the limit. */
  readonly shareAtEnd?: { readonly low: number; readonly high: number };
}

/** Before this share of a window has passed there is nothing to go by. */
const MIN_SHARE = 0.03;
/** Whole past windows that a forecast needs. */
const MIN_WINDOWS = 2;

/**
 * How windows of a length are forecast. docs/benchmarks.md says on which traces the numbers were
 * chosen, and what they reach.
 */
interface Tuning {
  /** Longest window that it is for. */
  readonly upToMs: number;
  /** How strongly the present level of use, against that of a past window, scales what followed in it: 0 to 1. */
  readonly trust: number;
  /** Doubt in that scale: standard deviation of its logarithm. */
  readonly spread: number;
  /** Levels are compared after adding this share of the mean level: little use says little. */
  readonly shrink: number;
  /** How alike the levels must be for a past window to count fully: standard deviation of their log ratio. */
  readonly likeness: number;
  /** Weight of going on in a straight line, against all past windows together. */
  readonly line: number;
  readonly lineSpread: number;
  /** Probability that it runs out where the past is no guide. */
  readonly surprise: number;
}

const TUNINGS: readonly Tuning[] = [
  {
    upToMs: 3 * DAY_MS,
    trust: 0.9,
    spread: 0.11,
    shrink: 0.2,
    likeness: 2.1,
    line: 0.1,
    lineSpread: 0.18,
    surprise: 1,
  },
  {
    upToMs: 10 * DAY_MS,
    trust: 1,
    spread: 0.43,
    shrink: 1.5,
    likeness: 1.8,
    line: 0.1,
    lineSpread: 0.18,
    surprise: 0.4,
  },
  {
    upToMs: Number.POSITIVE_INFINITY,
    trust: 0.6,
    spread: 0.34,
    shrink: 0,
    likeness: 0.87,
    line: 0.32,
    lineSpread: 0.1,
    surprise: 0.4,
  },
];

const tuningOf = ({ startsAt, endsAt }: RenewingLimit): Tuning =>
  TUNINGS.find(({ upToMs }) => endsAt - startsAt <= upToMs) as Tuning;

/** Five equally likely values of a standard normal distribution. */
const DEVIATES = [-1.28, -0.52, 0, 0.52, 1.28];
/** Share of the limit that is added to every level, so that an idle window can be compared. */
const LEAST_LEVEL = 0.03;
/** Weight of what no past window shows. */
const SURPRISE = 0.05;
/** Past windows unlike the present level still count a little. */
const LEAST_LIKENESS = 0.1;
/** The interval is widened by this share of the time that is left. */
const WIDENING = 0.02;

/**
 * Forecasts limits of one account: replays what followed the same moment in past windows, scaled to the present level
 * of use. Looks at nothing later than `now`. Returns undefined where it is too early to say.
 */
export function createForecaster(history: UsageHistory) {
  const coursesOf = createCourses(history);
  return (window: RenewingLimit, now: number): Forecast | undefined => {
    const { startsAt, endsAt, limit, used } = window;
    const share = (now - startsAt) / (endsAt - startsAt);
    if (used >= limit || share < MIN_SHARE || share >= 1) return undefined;
    const { courses, level, whole } = coursesOf(window, now);
    if (whole < MIN_WINDOWS) return undefined;
    const outcomes = replayed({ window, now, share, courses, level });
    return summary(outcomes, window, now);
  };
}

/** One way that the rest of the window may go. */
interface Outcome {
  /** Share of the window at which the limit is reached; infinite where it renews before. */
  readonly at: number;
  /** Used by the renewal. */
  readonly total: number;
  readonly weight: number;
}

interface Terms {
  readonly window: RenewingLimit;
  readonly now: number;
  /** Share of the window that has passed. */
  readonly share: number;
  readonly courses: readonly Course[];
  /** Rate of use at `now`. */
  readonly level: number;
}

function replayed({ window, share, courses, level }: Terms): readonly Outcome[] {
  const { limit, used } = window;
  const tuning = tuningOf(window);
  const total = sum(courses.map(({ weight }) => weight));
  const mean = sum(courses.map((course) => course.weight * course.level)) / total;
  const added = tuning.shrink * mean + LEAST_LEVEL * limit;
  const outcomes: Outcome[] = [];
  for (const course of courses) {
    const ratio = Math.log((level + added) / (course.level + added));
    const weight = course.weight * (Math.exp(-(ratio ** 2) / (2 * tuning.likeness ** 2)) + LEAST_LIKENESS);
    for (const deviate of DEVIATES) {
      const scale = Math.exp(tuning.trust * ratio + deviate * tuning.spread);
      outcomes.push({ at: course.reaches((limit - used) / scale), total: used + course.rest * scale, weight });
    }
  }
  const line = tuning.line * sum(outcomes.map(({ weight }) => weight));
  for (const deviate of used > 0 ? DEVIATES : []) {
    const rate = (used / share) * Math.exp(deviate * tuning.lineSpread);
    const at = share + (limit - used) / rate;
    const total = used + (1 - share) * rate;
    outcomes.push({ at: at < 1 ? at : Number.POSITIVE_INFINITY, total, weight: line / DEVIATES.length });
  }
  return outcomes.sort((a, b) => a.at - b.at);
}

function summary(outcomes: readonly Outcome[], window: RenewingLimit, now: number): Forecast {
  const { startsAt, endsAt } = window;
  const total = sum(outcomes.map(({ weight }) => weight));
  const out = sum(outcomes.filter(({ at }) => at < 1).map(({ weight }) => weight));
  const probability = (out / total + SURPRISE * tuningOf(window).surprise) / (1 + SURPRISE);
  const timeOf = (share: number) => Math.round(startsAt + share * (endsAt - startsAt));
  /** The share of the window by which `part` of all weight that runs out has done so. */
  const quantile = (part: number) => {
    let seen = 0;
    for (const { at, weight } of outcomes) {
      seen += weight;
      if (seen >= part * out) return at;
    }
    return 1;
  };
  const shareAtEnd = bandAtEnd(outcomes, total, window.limit);
  if (out === 0) return { probability, earliestAt: null, medianAt: null, latestAt: null, shareAtEnd };
  const widening = WIDENING * (endsAt - now);
  const median = probability < 0.5 ? Number.POSITIVE_INFINITY : quantile(0.5 / probability);
  return {
    probability,
    earliestAt: Math.round(Math.max(now, timeOf(quantile(0.1)) - widening)),
    medianAt: median < 1 ? timeOf(median) : null,
    latestAt: Math.round(Math.min(endsAt, timeOf(quantile(0.9)) + widening)),
    shareAtEnd,
  };
}

function bandAtEnd(outcomes: readonly Outcome[], weights: number, limit: number): Forecast["shareAtEnd"] & object {
  const sorted = [...outcomes].sort((a, b) => a.total - b.total);
  const quantile = (part: number) => {
    let seen = 0;
    for (const { total, weight } of sorted) {
      seen += weight;
      if (seen >= part * weights) return total / limit;
    }
    return 1;
  };
  return { low: quantile(0.1), high: quantile(0.9) };
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
