import { DAY_MS } from "../../base/time.js";
import type { ProviderId } from "../../providers/provider.js";
import type { CatalogEntry } from "../catalog/catalog-entry.js";

/** How often a provider's list changed and its attempts failed, fading; times are epoch ms. */
export interface ListHistory {
  /** Up to when it is counted. */
  readonly at: number;
  readonly lastChangeAt: number | null;
  /** When watching began: "unchanged since" is never older. */
  readonly since: number;
  readonly changes: number;
  readonly watchedMs: number;
  readonly attempts: number;
  readonly failures: number;
}

/** How one attempt at a list ended; "unchanged" also where the provider said so by ETag or Last-Modified. */
export type ListAttempt = "changed" | "unchanged" | "failed";

/** Changes fade over months: most providers change their list a few times in a month. */
const CHANGES_MS = 60 * DAY_MS;
/** Failures fade within a day: what failed last week says little. */
const FAILURES_MS = DAY_MS;
/** A gap in watching (the bot was off) is no time in which nothing changed. */
const MAX_GAP_MS = 2 * 3_600_000;
/** A list is first taken to change once in ten days; the median of 26 in models.dev's history is once in 20. */
const PRIOR = { changes: 1, ms: 10 * DAY_MS };
const LEAST_STRETCH = 0.85;
const MOST_STRETCH = 1.3;
const USUAL_RATE = PRIOR.changes / PRIOR.ms;

export const newListHistory = (now: number): ListHistory => ({
  at: now,
  lastChangeAt: null,
  since: now,
  changes: 0,
  watchedMs: 0,
  attempts: 0,
  failures: 0,
});

/** The history after an attempt at `now`. */
export function noteList(before: ListHistory, attempt: ListAttempt, now: number): ListHistory {
  const ms = Math.max(0, now - before.at);
  const kept = Math.exp(-ms / CHANGES_MS);
  const keptFailures = Math.exp(-ms / FAILURES_MS);
  return {
    ...before,
    at: now,
    lastChangeAt: attempt === "changed" ? now : before.lastChangeAt,
    changes: before.changes * kept + (attempt === "changed" ? 1 : 0),
    watchedMs: before.watchedMs * kept + Math.min(ms, MAX_GAP_MS),
    attempts: before.attempts * keptFailures + 1,
    failures: before.failures * keptFailures + (attempt === "failed" ? 1 : 0),
  };
}

/**
 * What to stretch the interval by: one over the root of how often the list changes (gamma-Poisson), as with
 * interactions, and of the share of calls that succeed, as each good one then costs more. Kept within narrow bounds:
 * the use of the workspace is what pays.
 */
export function stretchOf({ changes, watchedMs, attempts, failures }: ListHistory): number {
  const rate = (changes + PRIOR.changes) / (watchedMs + PRIOR.ms);
  const successShare = (attempts - failures + 1) / (attempts + 1);
  return Math.min(MOST_STRETCH, Math.max(LEAST_STRETCH, Math.sqrt(USUAL_RATE / rate / successShare)));
}

/**
 * Reports each attempt that a provider's entry shows, once, whoever made it; what is there at first is not reported.
 */
export function createListWatch(report: (provider: ProviderId, attempt: ListAttempt) => void) {
  const seen = new Map<ProviderId, { readonly attemptedAt: number | null; readonly changedAt: number | undefined }>();
  return (provider: ProviderId, { attemptedAt, outcome }: CatalogEntry, changedAt: number | undefined): void => {
    const before = seen.get(provider);
    if (before !== undefined && before.attemptedAt === attemptedAt) return;
    seen.set(provider, { attemptedAt, changedAt });
    if (before === undefined || attemptedAt === null) return;
    if (outcome !== "ok") report(provider, "failed");
    else report(provider, before.changedAt === changedAt ? "unchanged" : "changed");
  };
}
