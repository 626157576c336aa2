import type { ModelInfo } from "../../providers/provider.js";
import type { CatalogEntry, ListAnswer, MissingRow } from "./catalog-types.js";
import { refusedAfter } from "./refused-models.js";

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
    const refused = refusedAfter(before, answer.models);
    return {
      ...cleanEntry(before.identity),
      models: answer.models,
      fetchedAt: answeredAt,
      attemptedAt,
      outcome: "ok",
      missing: missingAfter(before, answer.models),
      ...(answer.droppedRows !== undefined && { droppedRows: answer.droppedRows }),
      ...(answer.validators !== undefined && { validators: answer.validators }),
      ...(refused.length > 0 && { refused }),
    };
  }
  const { failureStatus: _before, ...kept } = before;
  return {
    ...kept,
    attemptedAt,
    outcome: answer.outcome,
    consecutiveFailures: before.consecutiveFailures + 1,
    failingSince: before.failingSince ?? answeredAt,
    lastFailure: answer.message,
    retryAfterAt: answer.retryAfterMs === null ? null : answeredAt + answer.retryAfterMs,
    ...(answer.status !== undefined && { failureStatus: answer.status }),
    ...(answer.pending !== undefined && { pending: { models: answer.pending, answeredAt } }),
  };
}

function missingAfter({ models, missing = [], fetchedAt }: CatalogEntry, now: readonly ModelInfo[]) {
  if (now === models) return missing.map((row) => ({ ...row, misses: row.misses + 1 }));
  const here = new Set(now.map((model) => model.id));
  const left = models.map((model): MissingRow => ({ model, misses: 1, lastListedAt: fetchedAt ?? 0 }));
  const still = missing.map((row) => ({ ...row, misses: row.misses + 1 }));
  return [...left, ...still].filter((row) => !here.has(row.model.id)).slice(0, MAX_MISSING);
}
