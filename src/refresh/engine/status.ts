import type { ProviderId } from "../../providers/provider.js";
import type { CatalogEntry, Snapshot } from "../catalog/catalog-types.js";
import { type DueFacts, due } from "../decide/due.js";
import { type FreshnessTerms, isAllFresh, isFresh, overall } from "../decide/freshness.js";
import type { ProviderStatus, RefreshStatus } from "../refresher.js";

/** Everything that people and machines are shown of the refresh, derived from facts. */
export function statusOf(
  snapshot: Snapshot,
  termsOf: (provider: ProviderId) => FreshnessTerms,
  lastChangeOf: (provider: ProviderId) => ProviderStatus["lastChange"],
  now: number,
): RefreshStatus {
  const providers = [...snapshot.providers].map(([id, entry]): ProviderStatus => {
    const terms = termsOf(id);
    const facts: DueFacts = { provider: id, entry, intervalMs: terms.intervalMs };
    return {
      id,
      outcome: entry.outcome,
      models: countChat(entry),
      fetchedAt: entry.fetchedAt,
      attemptedAt: entry.attemptedAt,
      isFresh: isFresh(entry, terms, now),
      isFetching: snapshot.fetching.has(id),
      consecutiveFailures: entry.consecutiveFailures,
      lastFailure: entry.lastFailure,
      failureStatus: entry.failureStatus,
      droppedRows: entry.droppedRows,
      lastChange: lastChangeOf(id),
      nextAt: due(facts, now).nextAt,
    };
  });
  const known = (times: readonly (number | null)[]) => times.filter((time) => time !== null);
  const successes = known(providers.map(({ fetchedAt }) => fetchedAt));
  const dueTimes = known(providers.map(({ nextAt }) => nextAt));
  return {
    indicator: overall(snapshot, termsOf, now),
    isFresh: isAllFresh(snapshot, termsOf, now),
    hasLists: successes.length > 0,
    lastRefreshAt: successes.length > 0 ? Math.max(...successes) : null,
    nextRefreshAt: dueTimes.length > 0 ? Math.min(...dueTimes) : null,
    providers,
  };
}

const countChat = ({ models }: CatalogEntry): number => models.reduce((sum, model) => sum + (model.isChat ? 1 : 0), 0);
