import { DAY_MS } from "../base/time.js";
import type { RenewingLimit, UsageHistory } from "./renewing-limit.js";

/** How use went in one past window, from the moment that corresponds to now. */
export interface Course {
  /** How much it says about the present window, apart from the level of use. */
  readonly weight: number;
  /** Rate of use at that moment: a sum in which older use counts less. */
  readonly level: number;
  /** The share of the window at which `amount` more had been used; infinite where it was not. */
  reaches(amount: number): number;
  /** How much more was used until its end. */
  readonly rest: number;
}

export interface Courses {
  readonly courses: readonly Course[];
  /** Rate of use now. */
  readonly level: number;
  /** Past windows of that length that are known, one after the other. */
  readonly whole: number;
}

const WEEK_MS = 7 * DAY_MS;
const STEPS = 96;

/** Which past windows count how much, by the length of the present one. */
interface Pool {
  readonly upToMs: number;
  /** Windows that begin so much later each are replayed too: a week from Wednesday tells about one from Monday. */
  readonly everyMs: number;
  /** Weight of those. */
  readonly between: number;
  /** How many windows back. */
  readonly reach: number;
  /** Windows back at which a window counts half. */
  readonly halfLife: number;
  /** Half-life of the level, as a share of the window. */
  readonly levelHalfLife: number;
}

const POOLS: readonly Pool[] = [
  { upToMs: 3 * DAY_MS, everyMs: DAY_MS, between: 1, reach: 60, halfLife: 32, levelHalfLife: 0.12 },
  { upToMs: 10 * DAY_MS, everyMs: DAY_MS, between: 0.05, reach: 30, halfLife: 31, levelHalfLife: 0.29 },
  { upToMs: Number.POSITIVE_INFINITY, everyMs: WEEK_MS, between: 1, reach: 30, halfLife: 48, levelHalfLife: 1.1 },
];
/** Weight of a day of the same kind (weekday or weekend), and of the other kind, for windows of a day. */
const SAME_KIND = 0.7;
const OTHER_KIND = 0.2;
/** A level looks back so many half-lives. */
const LEVEL_REACH = 5;

/** Reads the past of one account, each part of it once. */
export function createCourses(history: UsageHistory) {
  const shapes = new Map<string, Float64Array>();
  const levels = new Map<string, number>();

  /** Use of a past window, cumulative, at the ends of its steps. */
  const shapeOf = (startsAt: number, length: number): Float64Array => {
    const key = `${startsAt}/${length}`;
    const known = shapes.get(key);
    if (known !== undefined) return known;
    const before = history.usedBefore(startsAt);
    const shape = Float64Array.from(
      { length: STEPS + 1 },
      (_, step) => history.usedBefore(startsAt + (length * step) / STEPS) - before,
    );
    shapes.set(key, shape);
    return shape;
  };
  const levelAt = (at: number, halfLifeMs: number): number => {
    const key = `${at}/${halfLifeMs}`;
    const known = levels.get(key);
    if (known !== undefined) return known;
    const stepMs = halfLifeMs / 24;
    let level = 0;
    let until = history.usedBefore(at);
    for (let step = 0; step < LEVEL_REACH * 24 && until > 0; step++) {
      const from = history.usedBefore(at - (step + 1) * stepMs);
      level += (until - from) * 0.5 ** ((step + 0.5) / 24);
      until = from;
    }
    levels.set(key, level);
    return level;
  };

  return ({ startsAt, endsAt }: RenewingLimit, now: number): Courses => {
    const length = endsAt - startsAt;
    const pool = POOLS.find(({ upToMs }) => length <= upToMs) as Pool;
    const share = (now - startsAt) / length;
    const halfLifeMs = pool.levelHalfLife * length;
    const courses: Course[] = [];
    for (let end = startsAt; end - length >= history.since; end -= pool.everyMs) {
      const start = end - length;
      if (startsAt - start > (pool.reach + 1) * length) break;
      const isWhole = (startsAt - start) % length === 0;
      const age = 0.5 ** ((startsAt - end) / length / pool.halfLife);
      const kind = length > 1.5 * DAY_MS ? 1 : likenessOfDays(start, startsAt);
      courses.push({
        weight: age * kind * (isWhole ? 1 : pool.between),
        level: levelAt(start + share * length, halfLifeMs),
        ...courseOf(shapeOf(start, length), share),
      });
    }
    const whole = Math.max(0, Math.floor((startsAt - history.since) / length));
    return { courses, level: levelAt(now, halfLifeMs), whole };
  };
}

function likenessOfDays(one: number, other: number): number {
  const [a, b] = [new Date(one).getUTCDay(), new Date(other).getUTCDay()];
  if (a === b) return 1;
  const isWeekend = (day: number) => day === 0 || day === 6;
  return isWeekend(a) === isWeekend(b) ? SAME_KIND : OTHER_KIND;
}

/** How a shape goes on from what it has at `share`. */
function courseOf(shape: Float64Array, share: number): Pick<Course, "reaches" | "rest"> {
  const at = Math.floor(share * STEPS);
  const value = (step: number) => shape[Math.min(step, STEPS)] ?? 0;
  const base = value(at) + (value(at + 1) - value(at)) * (share * STEPS - at);
  const reaches = (amount: number) => {
    const wanted = base + amount;
    if (value(STEPS) < wanted) return Number.POSITIVE_INFINITY;
    let low = at;
    let high = STEPS;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (value(middle) < wanted) low = middle + 1;
      else high = middle;
    }
    const [from, to] = [value(low - 1), value(low)];
    const within = low > 0 && to > from ? (wanted - from) / (to - from) : 1;
    return Math.max(share, (low - 1 + within) / STEPS);
  };
  return { reaches, rest: value(STEPS) - base };
}
