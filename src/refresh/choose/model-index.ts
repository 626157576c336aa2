import type { ModelInfo, ProviderId } from "../../providers/provider.js";
import type { Snapshot } from "../catalog/catalog-types.js";

/** A row as a search sees it. */
export interface IndexRow {
  readonly provider: ProviderId;
  readonly model: ModelInfo;
  /** Lower case: the id, and "provider/id name". */
  readonly id: string;
  readonly text: string;
  /** The name without what people leave out or type otherwise: dashes, dots, spaces, slashes. */
  readonly squeezed: string;
}

/** A memo of a pure function, no state: a list is lower-cased once in its life and forgotten with it. */
const indexed = new WeakMap<readonly ModelInfo[], readonly IndexRow[]>();

/** The rows of every provider, in the snapshot's order. */
export function indexOf(snapshot: Snapshot): readonly (readonly IndexRow[])[] {
  return [...snapshot.providers].map(([provider, entry]) => {
    const known = indexed.get(entry.models);
    if (known !== undefined && (known.length === 0 || known[0]?.provider === provider)) return known;
    const rows = entry.models.map((model) => {
      const id = model.id.toLowerCase();
      const text = `${provider.toLowerCase()}/${id} ${model.name?.toLowerCase() ?? ""}`;
      return { provider, model, id, text, squeezed: squeeze(text) };
    });
    indexed.set(entry.models, rows);
    return rows;
  });
}

/** Of lower-case text: its letters and digits alone. */
export const squeeze = (text: string): string => text.replace(/[^\p{L}\p{N}]+/gu, "");

/** What a person typed, without what they could not see (zero-width and control characters, bidirectional marks). */
export function cleanTyped(typed: string): string {
  return typed
    .slice(0, 300)
    .normalize("NFC")
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "")
    .trim();
}
