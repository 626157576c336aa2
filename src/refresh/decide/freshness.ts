import { DAY_MS } from "../../base/time.js";
import type { CatalogEntry, Snapshot } from "../catalog/catalog-entry.js";

export interface FreshnessTerms {
  readonly maxAgeMs: number;
  readonly timeoutMs: number;
  /** The interval in force for the provider; null where auto-refresh is off for it everywhere. */
  readonly intervalMs: number | null;
  /** The longest in force within the last seconds, where it has just become shorter: a tick and a fetch come first. */
  readonly recentIntervalMs?: number;
}

/** A tick (10 s) until it is noticed as due, and the time until another replica has picked it up. */
export const PICK_UP_MS = 30_000;

/** A provider that has failed for longer gets its own line and no longer makes the whole look outdated. */
const GIVEN_UP_MS = DAY_MS;

/**
 * How old a list may grow before it is no longer fresh: so that a healthy bot is never outdated between two
 * refreshes.
 */
export const freshForMs = ({ maxAgeMs, timeoutMs, intervalMs, recentIntervalMs = 0 }: FreshnessTerms): number =>
  Math.max(maxAgeMs, intervalMs ?? 0, recentIntervalMs) + timeoutMs + PICK_UP_MS;

/** The last success is younger than the terms allow; one that lies as far in the future tells of a turned clock. */
export function isFresh(entry: CatalogEntry, terms: FreshnessTerms, now: number): boolean {
  return entry.fetchedAt !== null && Math.abs(now - entry.fetchedAt) < freshForMs(terms);
}

/**
 * Whether a list counts for the overall freshness: not where its provider refuses the key, nor where it has failed for
 * over 24 h.
 */
export function isJudged(entry: CatalogEntry, now: number): boolean {
  if (entry.fetchedAt === null || entry.outcome === "auth") return false;
  return entry.failingSince === null || now - entry.failingSince <= GIVEN_UP_MS;
}

/** Every list that counts is fresh, and there is one. */
export function isAllFresh(snapshot: Snapshot, termsOf: (provider: string) => FreshnessTerms, now: number): boolean {
  let isThereOne = false;
  for (const [provider, entry] of snapshot.providers) {
    if (!isJudged(entry, now)) continue;
    if (!isFresh(entry, termsOf(provider), now)) return false;
    isThereOne = true;
  }
  return isThereOne;
}

/** Returns when, in epoch ms, `isAllFresh` may next turn by itself, as long as the snapshot and the terms stay. */
export function nextFreshnessAt(
  snapshot: Snapshot,
  termsOf: (provider: string) => FreshnessTerms,
  now: number,
): number {
  let nextAt = Number.POSITIVE_INFINITY;
  for (const [provider, { fetchedAt, failingSince }] of snapshot.providers) {
    if (fetchedAt === null) continue;
    const freshMs = freshForMs(termsOf(provider));
    const givenUpAt = (failingSince ?? nextAt) + GIVEN_UP_MS + 1;
    for (const at of [fetchedAt - freshMs + 1, fetchedAt + freshMs, givenUpAt])
      if (at > now && at < nextAt) nextAt = at;
  }
  return nextAt;
}
