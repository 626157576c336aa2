import type { ModelInfo } from "../providers/provider.js";
import type { CatalogEntry, MissingRow } from "./catalog-types.js";
import type { ListAnswer } from "./fetch-list.js";

/** So many rows that left a list are remembered. */
const MAX_MISSING = 500;

/** What is known of a provider that was never asked under this identity. */
export const cleanEntry = (identity: string): CatalogEntry => ({
  identity,
  models: [],
  fetchedAt: null,
  attemptedAt: null,
  outcome: null,
  consecutiveFailures: 0,
  failingSince: null,
  lastFailure: null,
  retryAfterAt: null,
});

export interface AttemptTimes {
  readonly attemptedAt: number;
  readonly answeredAt: number;
}

/** The entry after an attempt. Only a good list touches `models` and `fetchedAt`. */
export function nextEntry(before: CatalogEntry, answer: ListAnswer, times: AttemptTimes): CatalogEntry {
  const { attemptedAt, answeredAt } = times;
  if (answer.outcome === "ok") {
    return {
      ...cleanEntry(before.identity),
      models: answer.models,
      fetchedAt: answeredAt,
      attemptedAt,
      outcome: "ok",
      missing: missingAfter(before, answer.models),
    };
  }
  return {
    ...before,
    attemptedAt,
    outcome: answer.outcome,
    consecutiveFailures: before.consecutiveFailures + 1,
    failingSince: before.failingSince ?? answeredAt,
    lastFailure: answer.message,
    retryAfterAt: answer.retryAfterMs === null ? null : answeredAt + answer.retryAfterMs,
  };
}

/** How many chat models came and left; a first list is no change. */
export function changesBetween(before: CatalogEntry, after: CatalogEntry): { added: number; gone: number } {
  if (before.fetchedAt === null || before.models === after.models) return { added: 0, gone: 0 };
  return {
    added: chatNotIn(after.models, before.models),
    gone: chatNotIn(before.models, after.models),
  };
}

function chatNotIn(models: readonly ModelInfo[], others: readonly ModelInfo[]): number {
  const known = new Set(others.filter((model) => model.isChat).map((model) => model.id));
  return models.filter((model) => model.isChat && !known.has(model.id)).length;
}

function missingAfter({ models, missing = [], fetchedAt }: CatalogEntry, now: readonly ModelInfo[]) {
  const here = new Set(now.map((model) => model.id));
  const left = models.map((model): MissingRow => ({ model, misses: 1, lastListedAt: fetchedAt ?? 0 }));
  const still = missing.map((row) => ({ ...row, misses: row.misses + 1 }));
  return [...left, ...still].filter((row) => !here.has(row.model.id)).slice(0, MAX_MISSING);
}
