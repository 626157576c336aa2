import type { ProviderId } from "../providers/provider.js";
import type { CatalogEntry } from "./catalog-types.js";
import { due, FIRST_BACKOFF_MS } from "./due.js";
import { type FreshnessTerms, isFresh } from "./freshness.js";

export interface StartTerms extends FreshnessTerms {
  /** No provider had a list when this process started. */
  readonly isFirstStart: boolean;
}

/**
 * Whether a provider is refreshed right after a start: when its list is missing or stale, or it is due anyway. A process
 * that is restarted again and again still leaves the first backoff, and what the provider asked for, between attempts.
 */
export function dueAtStart(provider: ProviderId, entry: CatalogEntry, terms: StartTerms, now: number): boolean {
  const { intervalMs, isFirstStart } = terms;
  // With auto-refresh off everywhere only the very first start refreshes.
  if (intervalMs === null && !isFirstStart) return false;
  if (entry.attemptedAt === null) return true;
  if (due({ provider, entry, intervalMs }, now).isDue) return true;
  const isTooSoon = now < Math.max(entry.attemptedAt + FIRST_BACKOFF_MS, entry.retryAfterAt ?? 0);
  return !isTooSoon && !isFresh(entry, terms, now);
}
