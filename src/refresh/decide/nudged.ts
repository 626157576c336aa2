import type { CatalogEntry } from "../catalog/catalog-types.js";
import type { NudgeTrigger } from "../refresher.js";
import { due, REFUSED_KEY_MS } from "./due.js";
import { type FreshnessTerms, isFresh } from "./freshness.js";

export interface NudgeFacts {
  readonly provider: string;
  readonly entry: CatalogEntry;
  readonly terms: FreshnessTerms;
}

/** At most one nudge per provider in that time, whatever happens. */
export const NUDGE_GAP_MS = 30_000;
/** After an attempt, so that several signs of the same thing come to one. */
const SIGNS_GAP_MS = 5_000;

interface NudgeRule {
  /** Since anybody's last attempt. */
  readonly gapMs: number;
  /** Leaves a failing provider to its backoff. */
  readonly obeysBackoff: boolean;
  /** It tells something that the last attempt did not know: one that comes too soon is kept for a later beat. */
  readonly isKept?: boolean;
  isWorthIt(facts: NudgeFacts, now: number): boolean;
}

/** Somebody is back: a list older than what counts as fresh by itself is refreshed, however long the interval is. */
const returning: NudgeRule = {
  gapMs: NUDGE_GAP_MS,
  obeysBackoff: true,
  isWorthIt: ({ entry, terms }, now) => entry.fetchedAt === null || Math.abs(now - entry.fetchedAt) >= terms.maxAgeMs,
};
/** Somebody looks at a list: a stale one is refreshed. */
const looking: NudgeRule = {
  gapMs: NUDGE_GAP_MS,
  obeysBackoff: true,
  isWorthIt: ({ entry, terms }, now) => !isFresh(entry, terms, now),
};

const RULES: Readonly<Record<NudgeTrigger, NudgeRule>> = {
  "first-message": returning,
  focus: returning,
  picker: looking,
  switch: looking,
  // The list that was fetched before does not tell whether it is gone.
  "unknown-model": { gapMs: SIGNS_GAP_MS, obeysBackoff: true, isKept: true, isWorthIt: () => true },
  // The reason to wait is over.
  recovery: {
    gapMs: SIGNS_GAP_MS,
    obeysBackoff: false,
    isKept: true,
    isWorthIt: ({ entry }) => entry.consecutiveFailures > 0,
  },
  network: {
    gapMs: SIGNS_GAP_MS,
    obeysBackoff: false,
    isKept: true,
    isWorthIt: ({ entry }) => entry.outcome === "network",
  },
};

/** For the claim: no two attempts for such a reason are closer, whichever replica makes them. */
export const nudgeGapMs = (trigger: NudgeTrigger): number => RULES[trigger].gapMs;

/** Whether a provider's list is to be fetched for this reason now. */
export function isNudged(trigger: NudgeTrigger, facts: NudgeFacts, now: number): boolean {
  const { entry, terms, provider } = facts;
  const { gapMs, obeysBackoff, isWorthIt } = RULES[trigger];
  // With auto-refresh off for it everywhere only people refresh.
  if (terms.intervalMs === null) return false;
  if (entry.attemptedAt === null) return true;
  const notBefore = Math.max(
    entry.attemptedAt + gapMs,
    entry.retryAfterAt ?? 0,
    entry.outcome === "auth" ? entry.attemptedAt + REFUSED_KEY_MS : 0,
  );
  const regular = due({ provider, entry, intervalMs: terms.intervalMs }, now);
  if (regular.reason === "clock-went-back") return true;
  if (now < notBefore) return false;
  if (obeysBackoff && entry.consecutiveFailures > 0 && !regular.isDue) return false;
  return isWorthIt(facts, now);
}

/** Whether such a nudge is worth it once the gap after the last attempt is over; it may be over already. */
export function isWorthWaiting(trigger: NudgeTrigger, facts: NudgeFacts, now: number): boolean {
  const { gapMs, isKept = false } = RULES[trigger];
  return isKept && isNudged(trigger, facts, Math.max(now, (facts.entry.attemptedAt ?? now) + gapMs));
}
