import type { ModelInfo } from "../../providers/provider.js";
import type { CatalogEntry, ListAnswer, MissingRow, RefusedModel } from "./catalog-entry.js";

/** How many rows that left a list are remembered. */
export const MAX_MISSING = 500;

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

/** How many refused models of a provider are remembered. */
const MAX_REFUSED = 100;

type Refused = readonly RefusedModel[];

/** Adds a refusal, which replaces an older one of the same model. */
export function withRefusal(refused: Refused = [], refusal: Omit<RefusedModel, "isGone">): Refused {
  return [{ ...refusal, isGone: false }, ...refused.filter(({ model }) => model !== refusal.model)].slice(
    0,
    MAX_REFUSED,
  );
}

/**
 * The refusals that a good list leaves: a model that it has again, or still has although it was called unknown, counts
 * as listed; one that was called unknown and is absent is gone.
 */
function refusedAfter(before: CatalogEntry, now: readonly ModelInfo[]): Refused {
  const { refused = [] } = before;
  if (refused.length === 0) return refused;
  const [was, here] = [before.models, now].map((models) => new Set(models.map(({ id }) => id)));
  return refused.flatMap((row): Refused => {
    if (!here?.has(row.model)) return [row.as === "unknown-model" ? { ...row, isGone: true } : row];
    return row.as === "not-usable" && was?.has(row.model) ? [row] : [];
  });
}

/** Merges what another replica has stored with what was refused here since this one last read the store. */
export function mergedRefusals(stored: CatalogEntry, own: CatalogEntry): Refused {
  const since = own.refused?.filter(({ at }) => at >= (own.attemptedAt ?? 0)) ?? [];
  const judged = stored.outcome === "ok" ? refusedAfter({ ...own, refused: since }, stored.models) : since;
  const here = new Set(judged.map(({ model }) => model));
  return [...judged, ...(stored.refused ?? []).filter(({ model }) => !here.has(model))].slice(0, MAX_REFUSED);
}
