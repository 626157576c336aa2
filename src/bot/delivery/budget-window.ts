import type { Rank } from "../port/platform.js";

/** So many calls in any stretch of that length. */
export interface WindowTerms {
  readonly limit: number;
  readonly windowMs: number;
  /** How long a call counts that gets no answer, where every call is told of in the end; else the window and a little more. */
  readonly unansweredMs?: number;
}

/** What a response's headers say of the window that the call was counted in. */
export interface ToldLimits {
  readonly limit: number;
  readonly remaining: number;
  readonly resetAfterMs: number;
}

/** One rate-limit bucket, as far as it is known from here. */
export interface Window {
  readonly terms: WindowTerms;
  /** When calls were answered, oldest first, as far as they still count: each was counted by the service before that. */
  readonly answered: readonly number[];
  /** When those were let out that have no answer yet: what the service says is left does not know of them. */
  readonly unanswered: readonly number[];
  /** What the service says is left, until it counts anew. */
  readonly told: { readonly remaining: number; readonly until: number } | undefined;
  /** Nothing goes out before then: the service has refused. */
  readonly closedUntil: number;
  /** When the last call of rank "progress" went out. */
  readonly progressAt: number;
}

export const freshWindow = (terms: WindowTerms): Window => ({
  terms,
  answered: [],
  unanswered: [],
  told: undefined,
  closedUntil: 0,
  progressAt: Number.NEGATIVE_INFINITY,
});

/** How long a call counts that has no answer: it arrives some time after it was sent, so the service's window ends later. */
const spanOf = ({ windowMs, unansweredMs }: WindowTerms) => unansweredMs ?? windowMs + Math.min(250, windowMs / 20);
/** Clocks differ by that much in a window's length. */
const GRAIN_MS = 10;

/** When each call stops to count, soonest first. */
const endsOf = ({ terms, answered, unanswered }: Window, now: number): readonly number[] =>
  [...answered.map((at) => at + terms.windowMs + GRAIN_MS), ...unanswered.map((at) => at + spanOf(terms))]
    .filter((at) => at > now)
    .sort((a, b) => a - b);

/** Ends of answers, and their first words, may use what is kept back from everything else. */
const URGENT: readonly Rank[] = ["last-text", "error", "first-text"];

/**
 * When a call of this rank may go out: `now`, or when to look again. So many calls are `kept` for last texts; progress uses the first half of what is left at once and is spread after that.
 */
export function opensFor(window: Window, rank: Rank, kept: number, now: number): number {
  const { limit, windowMs } = window.terms;
  if (URGENT.includes(rank)) return opensAt(window, 1, now);
  const reserved = Math.min(kept, limit - 1);
  const at = opensAt(window, reserved + 1, now);
  const share = limit - reserved;
  const isCalm = endsOf(window, now).length * 2 < share;
  return rank === "progress" && !isCalm ? Math.max(at, window.progressAt + windowMs / share) : at;
}

function opensAt(window: Window, calls: number, now: number): number {
  const { terms, told, closedUntil } = window;
  const ends = endsOf(window, now);
  const tooMany = ends.length + calls - terms.limit;
  const byTakes = tooMany > 0 ? (ends[tooMany - 1] ?? now) : now;
  const byService = told !== undefined && told.until > now && told.remaining < calls ? told.until : now;
  return Math.max(now, closedUntil, byTakes, byService);
}

const current = (times: readonly number[], now: number, span: number) => times.filter((at) => at + span > now);

export function afterTake(window: Window, rank: Rank, now: number): Window {
  const { told } = window;
  return {
    ...window,
    answered: current(window.answered, now, window.terms.windowMs + GRAIN_MS),
    unanswered: [...current(window.unanswered, now, spanOf(window.terms)), now],
    told: told === undefined || told.until <= now ? undefined : { ...told, remaining: told.remaining - 1 },
    progressAt: rank === "progress" ? now : window.progressAt,
  };
}

/** After a response, whether or not it told of limits. */
export function afterAnswer(window: Window, limits: ToldLimits | undefined, now: number): Window {
  const unanswered = window.unanswered.slice(1);
  const answered = window.unanswered.length > 0 ? [...window.answered, now] : window.answered;
  if (limits === undefined || !(limits.limit >= 1)) return { ...window, answered, unanswered };
  const { limit, remaining, resetAfterMs } = limits;
  // The first call of a window is told its whole length.
  const isFirst = remaining === limit - 1;
  const windowMs = isFirst ? resetAfterMs : Math.max(window.terms.windowMs, resetAfterMs);
  const terms = { ...window.terms, limit, windowMs: windowMs > 0 ? windowMs : window.terms.windowMs };
  // The service said it some time ago, so its window ends at this moment or before.
  const until = now + resetAfterMs;
  const left = Math.max(0, remaining - unanswered.length);
  const before = window.told;
  const isSame = before !== undefined && Math.abs(before.until - until) < terms.windowMs / 2;
  const isOlder = before !== undefined && !isSame && until < before.until;
  const told = isOlder ? before : { until, remaining: isSame ? Math.min(before.remaining, left) : left };
  return { ...window, terms, answered, unanswered, told };
}

export const afterRefusal = (window: Window, retryAfterMs: number, now: number): Window => ({
  ...window,
  closedUntil: Math.max(window.closedUntil, now + retryAfterMs),
});

/** Nothing that has happened in it matters any more. */
export const isSpent = (window: Window, now: number): boolean =>
  window.closedUntil <= now &&
  (window.told === undefined || window.told.until <= now) &&
  endsOf(window, now).length === 0;

/** Two that turned out to be one: what was taken of either counts, and what the service said of the second holds. */
export const merged = (window: Window, into: Window): Window => ({
  terms: into.terms,
  answered: [...window.answered, ...into.answered].sort((a, b) => a - b),
  unanswered: [...window.unanswered, ...into.unanswered].sort((a, b) => a - b),
  told: into.told ?? window.told,
  closedUntil: Math.max(window.closedUntil, into.closedUntil),
  progressAt: Math.max(window.progressAt, into.progressAt),
});
