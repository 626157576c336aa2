import { backoffMs } from "../../base/retry.js";
import type { ProviderId } from "../../providers/provider.js";
import type { CatalogEntry } from "../catalog/catalog-entry.js";
import type { NudgeTrigger } from "../refresher.js";
import { type FreshnessTerms, isFresh } from "./freshness.js";

/**
 * What asks for a refresh: the clock, the start of this process (`first-start` where no provider had a list then), or
 * an event.
 */
export type Occasion = "timer" | "start" | "first-start" | NudgeTrigger;

export interface DueFacts {
  readonly provider: ProviderId;
  readonly entry: CatalogEntry;
}

/**
 * Why it is due or not:
 * - `off` auto-refresh is off for the provider everywhere
 * - `never-tried` there was no attempt yet
 * - `clock-went-back` the last attempt lies in the future
 * - `interval` `backoff` `retry-after` `refused-key` the wait after the last attempt, over or not
 * - `too-soon` another attempt has just been made
 * - `not-worth-it` the list is good enough for this occasion
 * - `worth-it` it is not
 */
export type DueReason =
  | "off"
  | "never-tried"
  | "clock-went-back"
  | "interval"
  | "backoff"
  | "retry-after"
  | "refused-key"
  | "too-soon"
  | "not-worth-it"
  | "worth-it";

export interface DueVerdict {
  readonly isDue: boolean;
  readonly reason: DueReason;
  /**
   * For the claim: no two attempts are closer than that, whichever replica makes them; 0 where this one must not
   * wait.
   */
  readonly minIntervalMs: number;
  /** For the claim, after an attempt that came to nothing because its process died or hung. */
  readonly minIntervalAfterLossMs: number;
}

/** Wait after the first failure; each further one doubles it. */
export const FIRST_BACKOFF_MS = 30_000;
/** A refused key rarely works again by itself, but an account may be unlocked. */
export const REFUSED_KEY_MS = 15 * 60_000;
/** Replicas' clocks differ by less; an attempt that lies further in the future was made before the clock went back. */
const CLOCK_SKEW_MS = 60_000;
const JITTER = 0.2;
/** At most one event refreshes a provider in that time, whatever happens. */
export const NUDGE_GAP_MS = 30_000;
/** After an attempt, so that several signs of one thing lead to one refresh. */
const SIGNS_GAP_MS = 5_000;

/** Whether a provider's list is to be fetched now on this occasion, and why. The one place where that is decided. */
export function judgeDue(occasion: Occasion, facts: DueFacts, terms: FreshnessTerms, now: number): DueVerdict {
  if (occasion === "timer") return judgeTimer(facts, terms, now);
  if (occasion === "start" || occasion === "first-start") return judgeStart(occasion, facts.entry, terms, now);
  return judgeEvent(occasion, facts, terms, now);
}

const verdict = (isDue: boolean, reason: DueReason, minIntervalMs = 0, afterLossMs = minIntervalMs): DueVerdict => ({
  isDue,
  reason,
  minIntervalMs,
  minIntervalAfterLossMs: afterLossMs,
});

const hasClockGoneBack = ({ attemptedAt }: CatalogEntry, now: number): boolean =>
  attemptedAt !== null && attemptedAt > now + CLOCK_SKEW_MS;

/** The interval is over, or the wait after a failure. */
function judgeTimer({ provider, entry }: DueFacts, { intervalMs }: FreshnessTerms, now: number): DueVerdict {
  if (intervalMs === null) return verdict(false, "off");
  if (entry.attemptedAt === null) return verdict(true, "never-tried");
  if (hasClockGoneBack(entry, now)) return verdict(true, "clock-went-back");
  const { waitMs, reason } = waitAfter(provider, entry, entry.attemptedAt, intervalMs);
  return verdict(now >= entry.attemptedAt + waitMs, reason, waitMs, Math.max(waitMs, intervalMs));
}

/** Epoch ms at which a provider is due by the clock; null when auto-refresh is off for it. */
export function nextDueAt({ provider, entry }: DueFacts, intervalMs: number | null, now: number): number | null {
  if (intervalMs === null) return null;
  if (entry.attemptedAt === null || hasClockGoneBack(entry, now)) return now;
  return entry.attemptedAt + waitAfter(provider, entry, entry.attemptedAt, intervalMs).waitMs;
}

/**
 * The list is missing or stale; one that is merely due is left to the clock. A process that is restarted again and
 * again still leaves the first backoff, what the provider asked for, and the wait of a refused key that is still the
 * same between attempts; and where one has died in the midst of an attempt at a list that there is, an interval, or
 * what counts as fresh where that is shorter.
 */
function judgeStart(
  occasion: "start" | "first-start",
  entry: CatalogEntry,
  terms: FreshnessTerms,
  now: number,
): DueVerdict {
  const { attemptedAt, fetchedAt, outcome, retryAfterAt } = entry;
  const { intervalMs, maxAgeMs } = terms;
  const wentBack = hasClockGoneBack(entry, now);
  const mustNotWait = fetchedAt === null || wentBack;
  const afterLossMs = Math.max(FIRST_BACKOFF_MS, Math.min(intervalMs ?? maxAgeMs, maxAgeMs));
  const waits = mustNotWait ? ([0] as const) : ([FIRST_BACKOFF_MS, afterLossMs] as const);
  // With auto-refresh off everywhere only the very first start refreshes.
  if (intervalMs === null && occasion !== "first-start") return verdict(false, "off", ...waits);
  if (attemptedAt !== null && !wentBack) {
    const isKeyRefused = outcome === "auth";
    if (now < attemptedAt + (isKeyRefused ? REFUSED_KEY_MS : FIRST_BACKOFF_MS))
      return verdict(false, isKeyRefused ? "refused-key" : "too-soon", ...waits);
    if (now < (retryAfterAt ?? 0)) return verdict(false, "retry-after", ...waits);
  }
  if (isFresh(entry, terms, now)) return verdict(false, "not-worth-it", ...waits);
  return verdict(true, wentBack ? "clock-went-back" : attemptedAt === null ? "never-tried" : "worth-it", ...waits);
}

interface TriggerRule {
  /** Since anybody's last attempt, in ms. */
  readonly gapMs: number;
  /** Leaves a failing provider to its backoff. */
  readonly obeysBackoff: boolean;
  /** The last attempt could not know about it: an event that comes too soon is kept for a later beat. */
  readonly isKept?: boolean;
  isWorthIt(entry: CatalogEntry, terms: FreshnessTerms, now: number): boolean;
}

/** Somebody is back: a list older than what counts as fresh by itself is refreshed, however long the interval is. */
const returning: TriggerRule = {
  gapMs: NUDGE_GAP_MS,
  obeysBackoff: true,
  isWorthIt: ({ fetchedAt }, { maxAgeMs }, now) => fetchedAt === null || Math.abs(now - fetchedAt) >= maxAgeMs,
};
/** Somebody looks at a list: a stale one is refreshed. */
const looking: TriggerRule = {
  gapMs: NUDGE_GAP_MS,
  obeysBackoff: true,
  isWorthIt: (entry, terms, now) => !isFresh(entry, terms, now),
};
/** The reason for a failure may be over, so the backoff need not be. */
const recovering = (isWorthIt: (entry: CatalogEntry) => boolean): TriggerRule => ({
  gapMs: SIGNS_GAP_MS,
  obeysBackoff: false,
  isKept: true,
  isWorthIt,
});

const TRIGGER_RULES: Readonly<Record<NudgeTrigger, TriggerRule>> = {
  "first-message": returning,
  focus: returning,
  picker: looking,
  switch: looking,
  // The list that was fetched before does not tell whether it is gone.
  "unknown-model": { gapMs: SIGNS_GAP_MS, obeysBackoff: true, isKept: true, isWorthIt: () => true },
  recovery: recovering(({ consecutiveFailures }) => consecutiveFailures > 0),
  network: recovering(({ outcome }) => outcome === "network"),
};

function judgeEvent(trigger: NudgeTrigger, facts: DueFacts, terms: FreshnessTerms, now: number): DueVerdict {
  const { entry } = facts;
  const { gapMs, obeysBackoff, isWorthIt } = TRIGGER_RULES[trigger];
  // With auto-refresh off for it everywhere only people refresh.
  if (terms.intervalMs === null) return verdict(false, "off", gapMs);
  if (entry.attemptedAt === null) return verdict(true, "never-tried", gapMs);
  if (hasClockGoneBack(entry, now)) return verdict(true, "clock-went-back", gapMs);
  if (now < entry.attemptedAt + gapMs) return verdict(false, "too-soon", gapMs);
  if (now < (entry.retryAfterAt ?? 0)) return verdict(false, "retry-after", gapMs);
  if (entry.outcome === "auth" && now < entry.attemptedAt + REFUSED_KEY_MS) return verdict(false, "refused-key", gapMs);
  const byClock = judgeTimer(facts, terms, now);
  if (obeysBackoff && entry.consecutiveFailures > 0 && !byClock.isDue) return verdict(false, byClock.reason, gapMs);
  const isDue = isWorthIt(entry, terms, now);
  return verdict(isDue, isDue ? "worth-it" : "not-worth-it", gapMs);
}

/** Whether an event stays worth a refresh once the gap after the last attempt is over; it may be over already. */
export function isWorthKeeping(trigger: NudgeTrigger, facts: DueFacts, terms: FreshnessTerms, now: number): boolean {
  const { gapMs, isKept = false } = TRIGGER_RULES[trigger];
  const gapEndsAt = (facts.entry.attemptedAt ?? now) + gapMs;
  return isKept && judgeEvent(trigger, facts, terms, Math.max(now, gapEndsAt)).isDue;
}

function waitAfter(
  provider: ProviderId,
  { outcome, consecutiveFailures, retryAfterAt }: CatalogEntry,
  attemptedAt: number,
  intervalMs: number,
): { readonly waitMs: number; readonly reason: DueReason } {
  if (consecutiveFailures === 0) return { waitMs: intervalMs, reason: "interval" };
  const isKeyRefused = outcome === "auth";
  const waitMs = isKeyRefused ? REFUSED_KEY_MS : refreshBackoffMs(provider, consecutiveFailures, intervalMs);
  const askedMs = (retryAfterAt ?? attemptedAt) - attemptedAt;
  if (askedMs > waitMs) return { waitMs: askedMs, reason: "retry-after" };
  return { waitMs, reason: isKeyRefused ? "refused-key" : "backoff" };
}

/** Doubles from 30 s up to the interval, with ±20 % jitter so that replicas and providers do not fetch in step. */
export function refreshBackoffMs(provider: ProviderId, failures: number, intervalMs: number): number {
  const doubledMs = backoffMs(failures, { firstMs: FIRST_BACKOFF_MS, maxMs: intervalMs });
  return Math.round(doubledMs * (1 + JITTER * spread(`${provider}:${failures}`)));
}

/** A number from -1 to 1 that is always the same for the same text (FNV-1a). */
function spread(text: string): number {
  let hash = 0x811c9dc5;
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return ((hash >>> 0) / 0xffffffff) * 2 - 1;
}
