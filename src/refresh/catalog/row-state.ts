import type { ModelInfo } from "../../providers/provider.js";
import type { CatalogEntry, RefusedModel, RowState } from "./catalog-types.js";

/** One list may leave a model out by mistake; two in a row mean it. */
export const MISSES_UNTIL_UNLISTED = 2;

/** The state of a model of this provider; undefined where no list of it is known to have had it. */
export function stateOf(entry: CatalogEntry, model: string): RowState | undefined {
  const refusal = entry.refused?.find((row) => row.model === model);
  if (entry.models.some(({ id }) => id === model)) return listedState(refusal);
  const missing = entry.missing?.find((row) => row.model.id === model);
  return missing && missingState(missing.misses, refusal);
}

/** Every known model of a provider with its state: what is on the list, then what has left it. */
export function modelRowsOf(entry: CatalogEntry): readonly { readonly model: ModelInfo; readonly state: RowState }[] {
  const refused = new Map(entry.refused?.map((row) => [row.model, row]));
  return [
    ...entry.models.map((model) => ({ model, state: listedState(refused.get(model.id)) })),
    ...(entry.missing ?? []).map(({ model, misses }) => ({
      model,
      state: missingState(misses, refused.get(model.id)),
    })),
  ];
}

/** What a list has is there, whatever was said about it before; only for chat it may be no good. */
const listedState = (refusal: RefusedModel | undefined): RowState =>
  refusal?.as === "not-usable" ? "not-usable-here" : "listed";

function missingState(misses: number, refusal: RefusedModel | undefined): RowState {
  if (refusal?.isGone) return "retired";
  return misses < MISSES_UNTIL_UNLISTED ? listedState(refusal) : "unlisted";
}
