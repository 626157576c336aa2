import type { CatalogEntry } from "../catalog/catalog-types.js";
import { CLOCK_SKEW_MS, type Due, FIRST_BACKOFF_MS, REFUSED_KEY_MS } from "./due.js";
import { type FreshnessTerms, isFresh } from "./freshness.js";

export interface StartTerms extends FreshnessTerms {
  /** No provider had a list when this process started. */
  readonly isFirstStart: boolean;
}

/** What the start of a process wants of a provider's list. */
export type DueAtStart = Pick<Due, "isDue" | "minIntervalMs" | "minIntervalAfterLossMs">;

/**
 * Whether a provider is refreshed right after a start: when its list is missing or stale. One that is merely due is left
 * to the clock. A process that is restarted again and again still leaves the first backoff, what the provider asked for,
 * and the wait of a refused key that is still the same between attempts; and where one has died in the midst of an
 * attempt at a list that there is, an interval, or what counts as fresh where that is shorter.
 */
export function dueAtStart(entry: CatalogEntry, terms: StartTerms, now: number): DueAtStart {
  const { attemptedAt, fetchedAt, outcome, retryAfterAt } = entry;
  const { intervalMs, maxAgeMs, isFirstStart } = terms;
  const hasClockGoneBack = attemptedAt !== null && attemptedAt > now + CLOCK_SKEW_MS;
  // With auto-refresh off everywhere only the very first start refreshes.
  const isOff = intervalMs === null && !isFirstStart;
  const backoffMs = outcome === "auth" ? REFUSED_KEY_MS : FIRST_BACKOFF_MS;
  const isTooSoon =
    attemptedAt !== null && !hasClockGoneBack && now < Math.max(attemptedAt + backoffMs, retryAfterAt ?? 0);
  const isDue = !isOff && !isTooSoon && !isFresh(entry, terms, now);
  if (fetchedAt === null || hasClockGoneBack) return { isDue, minIntervalMs: 0, minIntervalAfterLossMs: 0 };
  const minIntervalAfterLossMs = Math.max(FIRST_BACKOFF_MS, Math.min(intervalMs ?? maxAgeMs, maxAgeMs));
  return { isDue, minIntervalMs: FIRST_BACKOFF_MS, minIntervalAfterLossMs };
}
