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
      if (!isFitting) continue;
      const alike = ranked[rankOf(row, wanted, at)];
      // More of a rank than are wanted altogether are never shown.
      if (alike !== undefined && alike.length < limit) alike.push(row);
    }
  }
  return ranked.flat().slice(0, limit).map(toSuggestion);
}

/** 0 is the very thing, then what begins so, then where a word begins so, then the rest. */
function rankOf(row: IndexRow, wanted: string, at: number): number {
  const isAtId = row.id.startsWith(wanted);
  if ((isAtId && row.id.length === wanted.length) || (at === 0 && row.text.charAt(wanted.length) === " ")) return 0;
  if (isAtId || at === 0) return 1;
  return at > 0 && !isWordCharacter(row.text.charCodeAt(at - 1)) ? 2 : 3;
}

/** Of lower-case text; nearly all ids are ASCII, which needs no pattern. */
function isWordCharacter(code: number): boolean {
  if (code < 128) return (code >= 97 && code <= 122) || (code >= 48 && code <= 57);
  return /[\p{L}\p{N}]/u.test(String.fromCharCode(code));
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
