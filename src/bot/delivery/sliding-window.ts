import type { Allowance, ToldLimits } from "./allowance.js";

/** At most `limit` calls in any stretch of `windowMs`. */
export interface WindowTerms {
  readonly limit: number;
  readonly windowMs: number;
  /**
   * How long a call without an answer counts, in ms, where the end of every call is told. Default: the window and a
   * little more.
   */
  readonly unansweredMs?: number;
  /** How many calls may be without an answer at the same time. Default: `limit`. */
  readonly mostUnanswered?: () => number;
}

/** What is known of one rate-limit bucket. */
interface WindowState {
  readonly terms: WindowTerms;
  /** When calls were answered, oldest first, as far as they still count: the service counted each before that. */
  readonly answered: number[];
  /** When calls without an answer went out, oldest first: what the service says is left does not know of them. */
  readonly unanswered: number[];
  /** What the service says is left, until its window begins again. */
  readonly told: { readonly remaining: number; readonly until: number } | undefined;
  /** Nothing goes out before then: the service has refused. */
  readonly closedUntil: number;
  /** When the last call of rank "progress" went out. */
  readonly progressAt: number;
}

/**
 * An allowance that counts the calls of the last seconds, for a service that tells in its answers what is left
 * (Discord).
 */
export interface SlidingWindow extends Allowance {
  state(): WindowState;
  /**
   * Takes in another one that turned out to be the same: calls of either count, and what the service said of this one
   * holds.
   */
  absorb(other: SlidingWindow): void;
}

/** Clocks differ by that much in a window's length, in ms. */
const GRAIN_MS = 10;

export function createSlidingWindow(terms: WindowTerms): SlidingWindow {
  const progressAt = Number.NEGATIVE_INFINITY;
  let state: WindowState = { terms, answered: [], unanswered: [], told: undefined, closedUntil: 0, progressAt };

  return {
    state: () => state,
    opensAt(rank, kept, now) {
      const { limit, windowMs } = state.terms;
      const reserved = Math.min(kept, limit - 1);
      const at = Math.max(opensFor(state, reserved + 1, now), hasRoomAt(state, reserved, now));
      // Progress uses the first half of what is left at once, and is spread over the window after that.
      const share = limit - reserved;
      const isCalm = countOf(state, now) * 2 < share;
      return rank === "progress" && !isCalm ? Math.max(at, state.progressAt + windowMs / share) : at;
    },
    left(now) {
      if (state.closedUntil > now) return 0;
      const { told, terms: current } = state;
      const free = current.limit - countOf(state, now);
      return Math.max(0, told !== undefined && told.until > now ? Math.min(told.remaining, free) : free);
    },
    take(rank, now) {
      state.answered.splice(0, firstAfter(state.answered, now - answeredSpan(state.terms)));
      state.unanswered.splice(0, firstAfter(state.unanswered, now - unansweredSpan(state.terms)));
      state.unanswered.push(now);
      const { told } = state;
      state = {
        ...state,
        told: told === undefined || told.until <= now ? undefined : { ...told, remaining: told.remaining - 1 },
        progressAt: rank === "progress" ? now : state.progressAt,
      };
    },
    answer(limits, now) {
      if (state.unanswered.shift() !== undefined) state.answered.push(now);
      if (limits !== undefined && limits.limit >= 1) state = { ...state, ...learned(state, limits, now) };
    },
    refuse(retryAfterMs, now) {
      state = { ...state, closedUntil: Math.max(state.closedUntil, now + retryAfterMs) };
    },
    isIdle: (now) => state.closedUntil <= now && (state.told?.until ?? 0) <= now && countOf(state, now) === 0,
    absorb(other) {
      const old = other.state();
      const sorted = (a: readonly number[], b: readonly number[]) => [...a, ...b].sort((one, two) => one - two);
      state = {
        terms: state.terms,
        answered: sorted(old.answered, state.answered),
        unanswered: sorted(old.unanswered, state.unanswered),
        told: state.told ?? old.told,
        closedUntil: Math.max(old.closedUntil, state.closedUntil),
        progressAt: Math.max(old.progressAt, state.progressAt),
      };
    },
  };
}

/** A call without an answer arrives some time after it was sent, so the service's window ends later. */
const unansweredSpan = ({ windowMs, unansweredMs }: WindowTerms) =>
  unansweredMs ?? windowMs + Math.min(250, windowMs / 20);
const answeredSpan = ({ windowMs }: WindowTerms) => windowMs + GRAIN_MS;

/** Index of the first of these ascending times that is later than `at`. */
function firstAfter(times: readonly number[], at: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) > at) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Calls that still count. */
const countOf = ({ terms, answered, unanswered }: WindowState, now: number) =>
  answered.length -
  firstAfter(answered, now - answeredSpan(terms)) +
  unanswered.length -
  firstAfter(unanswered, now - unansweredSpan(terms));

/** When `calls` calls fit. */
function opensFor(state: WindowState, calls: number, now: number): number {
  const { terms, told, closedUntil } = state;
  const tooMany = countOf(state, now) + calls - terms.limit;
  const byCalls = tooMany > 0 ? endOf(state, tooMany, now) : now;
  const byService = told !== undefined && told.until > now && told.remaining < calls ? told.until : now;
  return Math.max(now, closedUntil, byCalls, byService);
}

/** When no more calls are without an answer than may be; of those, the same share is kept as of all calls. */
function hasRoomAt({ terms, unanswered }: WindowState, kept: number, now: number): number {
  const most = terms.mostUnanswered?.() ?? terms.limit;
  const ownMost = Math.max(1, most - Math.ceil((most * kept) / terms.limit));
  const first = firstAfter(unanswered, now - unansweredSpan(terms));
  const sent = unanswered[unanswered.length - ownMost];
  return unanswered.length - first < ownMost || sent === undefined ? now : sent + unansweredSpan(terms);
}

/** When so many of the calls that still count have stopped to. */
function endOf({ terms, answered, unanswered }: WindowState, calls: number, now: number): number {
  let first = firstAfter(answered, now - answeredSpan(terms));
  let second = firstAfter(unanswered, now - unansweredSpan(terms));
  let end = now;
  for (let passed = 0; passed < calls; passed++) {
    const one = (answered[first] ?? Number.POSITIVE_INFINITY) + answeredSpan(terms);
    const other = (unanswered[second] ?? Number.POSITIVE_INFINITY) + unansweredSpan(terms);
    if (Math.min(one, other) === Number.POSITIVE_INFINITY) return end;
    if (one <= other) first += 1;
    else second += 1;
    end = Math.min(one, other);
  }
  return end;
}

function learned({ terms, told: before, unanswered }: WindowState, limits: ToldLimits, now: number) {
  const { limit, remaining, resetAfterMs } = limits;
  // The first call of a window is told its whole length.
  const isFirst = remaining === limit - 1;
  const windowMs = isFirst ? resetAfterMs : Math.max(terms.windowMs, resetAfterMs);
  const next: WindowTerms = { ...terms, limit, windowMs: windowMs > 0 ? windowMs : terms.windowMs };
  // The service said it some time ago, so its window ends at this moment or before.
  const until = now + resetAfterMs;
  const left = Math.max(0, remaining - unanswered.length);
  const isSame = before !== undefined && Math.abs(before.until - until) < next.windowMs / 2;
  const isOlder = before !== undefined && !isSame && until < before.until;
  const told = isOlder ? before : { until, remaining: isSame ? Math.min(before.remaining, left) : left };
  return { terms: next, told };
}
