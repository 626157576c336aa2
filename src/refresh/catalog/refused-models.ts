import type { ModelInfo } from "../../providers/provider.js";
import type { CatalogEntry, RefusedModel } from "./catalog-types.js";

/** So many refused models of a provider are remembered. */
const MAX_REFUSED = 100;

type Refused = readonly RefusedModel[];

/** With one more refusal, which replaces an older one of the same model. */
export function withRefusal(refused: Refused = [], refusal: Omit<RefusedModel, "isGone">): Refused {
  return [{ ...refusal, isGone: false }, ...refused.filter(({ model }) => model !== refusal.model)].slice(
    0,
    MAX_REFUSED,
  );
}

/**
 * What a good list leaves of them: a model that it has again, or still has although it was called unknown, counts as
 * listed; one that was called unknown and is absent is gone.
 */
export function refusedAfter(before: CatalogEntry, now: readonly ModelInfo[]): Refused {
  const { refused = [] } = before;
  if (refused.length === 0) return refused;
  const [was, here] = [before.models, now].map((models) => new Set(models.map(({ id }) => id)));
  return refused.flatMap((row): Refused => {
    if (!here?.has(row.model)) return [row.as === "unknown-model" ? { ...row, isGone: true } : row];
    return row.as === "not-usable" && was?.has(row.model) ? [row] : [];
  });
}

/** What another replica knows, and what was refused here since this one last knew what is stored. */
export function mergedRefusals(stored: CatalogEntry, own: CatalogEntry): Refused {
  const since = own.refused?.filter(({ at }) => at >= (own.attemptedAt ?? 0)) ?? [];
  const judged = stored.outcome === "ok" ? refusedAfter({ ...own, refused: since }, stored.models) : since;
  const here = new Set(judged.map(({ model }) => model));
  return [...judged, ...(stored.refused ?? []).filter(({ model }) => !here.has(model))].slice(0, MAX_REFUSED);
}
