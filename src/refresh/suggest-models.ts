import type { Snapshot } from "./catalog-types.js";
import type { ModelRef } from "./default-model.js";
import { cleanTyped, type IndexRow, indexOf } from "./model-index.js";

export interface ModelSuggestion extends ModelRef {
  readonly name?: string;
}

/** How many ranks of likeness there are; below. */
const RANKS = 4;

/**
 * At most `limit` listed chat models for what was typed so far, the likeliest first: all of its words must occur in
 * "provider/id name". From memory; 5,000 rows take well under 1 ms.
 */
export function suggestModels(snapshot: Snapshot, typed: string, limit: number): readonly ModelSuggestion[] {
  const wanted = cleanTyped(typed).toLowerCase();
  const lists = indexOf(snapshot);
  if (wanted === "") return inTurns(lists, limit).map(toSuggestion);
  const words = wanted.split(/\s+/);
  const ranked: IndexRow[][] = Array.from({ length: RANKS }, () => []);
  for (const rows of lists) {
    for (const row of rows) {
      if (!row.model.isChat) continue;
      const at = row.text.indexOf(wanted);
      const isFitting = at !== -1 || (words.length > 1 && words.every((word) => row.text.includes(word)));
      if (isFitting) ranked[rankOf(row, wanted, at)]?.push(row);
    }
  }
  return ranked.flat().slice(0, limit).map(toSuggestion);
}

/** 0 is the very thing, then what begins so, then where a word begins so, then the rest. */
function rankOf(row: IndexRow, wanted: string, at: number): number {
  if (row.id === wanted || (at === 0 && row.text.charAt(wanted.length) === " ")) return 0;
  if (at === 0 || row.id.startsWith(wanted)) return 1;
  return at > 0 && !/[\p{L}\p{N}]/u.test(row.text.charAt(at - 1)) ? 2 : 3;
}

/** One of each provider's chat models after the other, so that a long list does not hide a short one. */
function inTurns(lists: readonly (readonly IndexRow[])[], limit: number): readonly IndexRow[] {
  const found: IndexRow[] = [];
  const waiting = lists.map((rows) => rows[Symbol.iterator]());
  while (waiting.length > 0 && found.length < limit) {
    const rows = waiting.shift();
    let next = rows?.next();
    while (next?.done === false && !next.value.model.isChat) next = rows?.next();
    if (rows === undefined || next === undefined || next.done === true) continue;
    found.push(next.value);
    waiting.push(rows);
  }
  return found;
}

function toSuggestion({ provider, model }: IndexRow): ModelSuggestion {
  return { provider, model: model.id, ...(model.name !== undefined && { name: model.name }) };
}
