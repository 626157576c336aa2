import type { ProviderId } from "../../providers/provider.js";
import type { Snapshot } from "../catalog/catalog-types.js";
import type { ModelRef } from "./default-model.js";
import { cleanTyped, type IndexRow, indexOf, squeeze } from "./model-index.js";

export interface ModelSuggestion extends ModelRef {
  readonly name?: string;
}

/** What else decides the order. */
export interface SuggestionTerms {
  /** Models that answered lately come first among those that fit as well. */
  readonly recent?: readonly ModelRef[];
  /** Lists that are not fresh come last among them. */
  isFresh?(provider: ProviderId): boolean;
}

/** How many ranks of likeness there are; below. */
const RANKS = 5;
const SQUEEZED_RANK = 4;

/**
 * At most `limit` listed chat models for what was typed so far, the likeliest first: all of its words must occur in
 * "provider/id name", dashes and dots aside; where none do, its letters in their order. From memory; 5,000 rows take
 * well under 1 ms.
 */
export function suggestModels(
  snapshot: Snapshot,
  typed: string,
  limit: number,
  { recent = [], isFresh = () => true }: SuggestionTerms = {},
): readonly ModelSuggestion[] {
  const wanted = cleanTyped(typed).toLowerCase();
  const all = indexOf(snapshot);
  const isStale = ([first]: readonly IndexRow[]) => first !== undefined && !isFresh(first.provider);
  const fresh = all.filter((rows) => !isStale(rows));
  const stale = all.filter(isStale);
  const lists = [...fresh, ...stale];
  const isRecent = (row: IndexRow) =>
    recent.some(({ provider, model }) => model === row.model.id && provider === row.provider);
  if (wanted === "") {
    const used = recent.length === 0 ? [] : usedOf(lists, recent);
    const most = limit + used.length;
    const others = [...inTurns(fresh, most), ...inTurns(stale, most)].filter((row) => !used.includes(row));
    return [...used, ...others].slice(0, limit).map(toSuggestion);
  }
  const found = fitting(lists, wanted, limit, isRecent);
  return (found.length > 0 ? found : inOrder(lists, squeeze(wanted), limit)).map(toSuggestion);
}

/** The listed models that were used here, the latest first. */
const usedOf = (lists: readonly (readonly IndexRow[])[], recent: readonly ModelRef[]): readonly IndexRow[] =>
  recent.flatMap(({ provider, model }) => {
    const rows = lists.find(([first]) => first?.provider === provider);
    return rows?.find((row) => row.model.id === model && row.model.isChat) ?? [];
  });

function fitting(
  lists: readonly (readonly IndexRow[])[],
  wanted: string,
  limit: number,
  isRecent: (row: IndexRow) => boolean,
): readonly IndexRow[] {
  const words = wanted.split(/\s+/);
  const squeezed = words.map(squeeze).filter((word) => word !== "");
  const ranked = Array.from({ length: RANKS }, (): { used: IndexRow[]; others: IndexRow[] } => ({
    used: [],
    others: [],
  }));
  for (const rows of lists) {
    for (const row of rows) {
      if (!row.model.isChat) continue;
      const at = row.text.indexOf(wanted);
      const isFitting = at !== -1 || (words.length > 1 && words.every((word) => row.text.includes(word)));
      const isSimilar = !isFitting && squeezed.length > 0 && squeezed.every((word) => row.squeezed.includes(word));
      if (!isFitting && !isSimilar) continue;
      const alike = ranked[isFitting ? rankOf(row, wanted, at) : SQUEEZED_RANK];
      if (alike === undefined) continue;
      if (isRecent(row)) alike.used.push(row);
      // More of a rank than are wanted altogether are never shown.
      else if (alike.others.length < limit) alike.others.push(row);
    }
  }
  return ranked.flatMap(({ used, others }) => [...used, ...others]).slice(0, limit);
}

/** Ids that have these characters in this order: "cs45" is claude-sonnet-4-5. */
function inOrder(lists: readonly (readonly IndexRow[])[], wanted: string, limit: number): readonly IndexRow[] {
  const found: IndexRow[] = [];
  if (wanted.length < 2) return found;
  for (const rows of lists) {
    for (const row of rows) {
      if (found.length === limit) return found;
      if (row.model.isChat && holdsInOrder(row.id, wanted)) found.push(row);
    }
  }
  return found;
}

function holdsInOrder(text: string, wanted: string): boolean {
  let at = -1;
  for (const character of wanted) {
    at = text.indexOf(character, at + 1);
    if (at < 0) return false;
  }
  return true;
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
