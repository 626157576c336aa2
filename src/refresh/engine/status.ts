import type { Log } from "../../base/log.js";
import type { ProviderId } from "../../providers/provider.js";
import type { ProviderVariables } from "../../providers/provider-definition.js";
import type { Catalog } from "../catalog/catalog.js";
import { nextDueAt } from "../decide/due.js";
import { type FreshnessTerms, isAllFresh, isFresh } from "../decide/freshness.js";
import type { StoreUse } from "../fetch/refresh-one.js";
import type { ProviderStatus, RefreshStatus } from "../refresher.js";

/** Everything that people and machines are shown of the refresh, derived from facts. */
export function statusOf(facts: {
  readonly catalog: Pick<Catalog, "snapshot" | "changes">;
  readonly providers: readonly (ProviderVariables & { readonly id: ProviderId })[];
  readonly termsOf: (provider: ProviderId) => FreshnessTerms;
  /** Epoch ms. */
  readonly now: number;
}): RefreshStatus {
  const { catalog, termsOf, now } = facts;
  const variables = new Map(facts.providers.map(({ id, ...each }) => [id, each]));
  const snapshot = catalog.snapshot();
  const providers: ProviderStatus[] = [];
  let lastRefreshAt: number | null = null;
  let nextRefreshAt: number | null = null;
  for (const [id, entry] of snapshot.providers) {
    const terms = termsOf(id);
    const nextAt = nextDueAt({ provider: id, entry }, terms.intervalMs, now);
    let models = 0;
    for (const model of entry.models) if (model.isChat) models++;
    if (entry.fetchedAt !== null) lastRefreshAt = Math.max(lastRefreshAt ?? entry.fetchedAt, entry.fetchedAt);
    if (nextAt !== null) nextRefreshAt = Math.min(nextRefreshAt ?? nextAt, nextAt);
    const { keyVariable, addressVariable } = variables.get(id) ?? {};
    providers.push({
      id,
      ...(keyVariable !== undefined && { keyVariable }),
      ...(addressVariable !== undefined && { addressVariable }),
      outcome: entry.outcome,
      models,
      fetchedAt: entry.fetchedAt,
      attemptedAt: entry.attemptedAt,
      isFresh: isFresh(entry, terms, now),
      isFetching: snapshot.fetching.has(id),
      consecutiveFailures: entry.consecutiveFailures,
      lastFailure: entry.lastFailure,
      failureStatus: entry.failureStatus,
      droppedRows: entry.droppedRows,
      lastChange: catalog.changes(id).last,
      nextAt,
    });
  }
  const areFresh = isAllFresh(snapshot, termsOf, now);
  return {
    indicator: snapshot.fetching.size > 0 ? "refreshing" : areFresh ? "fresh" : "stale",
    isFresh: areFresh,
    hasLists: lastRefreshAt !== null,
    lastRefreshAt,
    nextRefreshAt,
    providers,
  };
}

/** Whether the store can be used, as the refresh last found it. */
export interface StoreWatch {
  isDown(): boolean;
  /**
   * Notes a use of the store; `error` unset: it worked. Logs once when the store goes down, and once when it is back.
   */
  note(use: StoreUse, error?: unknown): void;
}

export function createStoreWatch(log: Log): StoreWatch {
  const failing = new Set<StoreUse>();
  /** Since it was last read: where nobody claims anything any more, the next reading forgets it. */
  let hasClaimFailed = false;
  return {
    isDown: () => failing.size > 0,
    note(use, error) {
      const wasDown = failing.size > 0;
      if (error === undefined) failing.delete(use);
      else failing.add(use);
      if (use === "claiming") hasClaimFailed = error !== undefined;
      else if (error === undefined) {
        if (!hasClaimFailed) failing.delete("claiming");
        hasClaimFailed = false;
      }
      const isDown = failing.size > 0;
      if (isDown && !wasDown)
        log.warn({ error }, "store unavailable, serving model lists from memory until it is back");
      if (wasDown && !isDown) log.info({}, "store recovered");
    },
  };
}
