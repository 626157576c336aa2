import type { ModelInfo } from "../providers/provider.js";
import type { CatalogEntry, RowState } from "./catalog-types.js";

/** One list may leave a model out by mistake; two in a row mean it. */
const MISSES_UNTIL_UNLISTED = 2;

/** The state of a model of this provider; undefined where no list of it is known to have had it. */
export function stateOf(entry: CatalogEntry, model: string): RowState | undefined {
  if (entry.models.some(({ id }) => id === model)) return "listed";
  const missing = entry.missing?.find((row) => row.model.id === model);
  return missing && (missing.misses < MISSES_UNTIL_UNLISTED ? "listed" : "unlisted");
}

/** The whole of it, for who shows states: what is on the list, then what has left it. */
export function rowsOf(entry: CatalogEntry): readonly { readonly model: ModelInfo; readonly state: RowState }[] {
  return [
    ...entry.models.map((model) => ({ model, state: "listed" as const })),
    ...(entry.missing ?? []).map(({ model, misses }) => ({
      model,
      state: misses < MISSES_UNTIL_UNLISTED ? ("listed" as const) : ("unlisted" as const),
    })),
  ];
}
