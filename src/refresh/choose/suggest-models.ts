import type { ProviderId } from "../../providers/provider.js";
import type { Snapshot } from "../catalog/catalog-entry.js";
import {
  cleanTyped,
  type IndexRow,
  isWordCharacter,
  type ListIndex,
  listIndexes,
  signsOf,
  signsOfStart,
  squeeze,
} from "./model-index.js";
import type { ModelRef } from "./model-ref.js";

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

/**
 * At most `limit` listed chat models for what was typed so far, the likeliest first: all of its words must occur in
 * "provider/id name", dashes and dots aside; where none do, its letters in their order. From memory; of 50,000 rows
 * most searches take less than 1 ms.
 */
export function suggestModels(
  snapshot: Snapshot,
  typed: string,
  limit: number,
  { recent = [], isFresh = () => true }: SuggestionTerms = {},
): readonly ModelSuggestion[] {
  const wanted = cleanTyped(typed).toLowerCase();
  const all = listIndexes(snapshot);
  const isStale = ({ rows: [first] }: ListIndex) => first !== undefined && !isFresh(first.provider);
  const fresh = all.filter((list) => !isStale(list));
  const stale = all.filter(isStale);
  const lists = [...fresh, ...stale];
  const used = [...new Set(usedOf(lists, recent))];
  if (wanted === "") {
    const most = limit + used.length;
    const others = [...inTurns(fresh, most), ...inTurns(stale, most)].filter((row) => !used.includes(row));
    return [...used, ...others].slice(0, limit).map(toSuggestion);
  }
  const found = fitting(lists, wanted, limit, used);
  return (found.length > 0 ? found : inOrder(lists, squeeze(wanted), limit)).map(toSuggestion);
}

/** The listed models that were used here, the latest first. */
const usedOf = (lists: readonly ListIndex[], recent: readonly ModelRef[]): readonly IndexRow[] =>
  recent.flatMap(({ provider, model }) => {
    const list = lists.find(({ rows: [first] }) => first?.provider === provider);
    const row = list?.rows[list.places.get(model) ?? -1];
    return row?.model.isChat ? row : [];
  });

/**
 * How likely a row is meant: 0 is the very thing, then what begins so, then where a word begins so, then what has it or
 * all of its words anywhere, 4 what has them with other dashes and dots; undefined: it is not.
 */
type Rank = 0 | 1 | 2 | 3 | 4;

function fitting(
  lists: readonly ListIndex[],
  wanted: string,
  limit: number,
  used: readonly IndexRow[],
): readonly IndexRow[] {
  const words = wanted.split(/\s+/);
  const squeezed = words.map(squeeze).filter((word) => word !== "");
  const rankOf = (row: IndexRow) => rankIn(row, wanted, words, squeezed);
  const found: IndexRow[][] = [];
  const inListOrder = lists.flatMap(({ rows: [first], places }) => {
    const placeOf = ({ model }: IndexRow) => places.get(model.id) ?? 0;
    return used.filter(({ provider }) => provider === first?.provider).sort((a, b) => placeOf(a) - placeOf(b));
  });
  /** Adds those of these ranks that may have the signs, ordered by rank, as long as there is room. */
  const add = (ranks: readonly Rank[], signs: Int32Array) => {
    let room = limit;
    for (const rows of found) room -= rows.length;
    if (room <= 0) return;
    const byRank = ranks.map((rank) => inListOrder.filter((row) => rankOf(row) === rank));
    const last = byRank.length - 1;
    const isFull = () => (byRank[last]?.length ?? 0) >= limit;
    eachLike(lists, signs, (row) => {
      // Once there are enough of the last rank, only a better one counts: the very thing, as long as its name or id.
      const isFinal = isFull();
      if (isFinal && row.id.length !== wanted.length && row.text.charCodeAt(wanted.length) !== SPACE) return false;
      const rank = rankOf(row);
      const rows = rank === undefined ? undefined : byRank[ranks.indexOf(rank)];
      if (rows !== undefined && rows.length < limit && !used.includes(row)) rows.push(row);
      return last === 0 && isFull();
    });
    found.push(...byRank);
  };
  add([0, 1], signsOfStart(wanted, "heads"));
  add([2], signsOfStart(wanted, "words"));
  add([3], signsOf(squeezed));
  add([4], signsOf(squeezed));
  return found.flat().slice(0, limit);
}

const SPACE = 0x20;

/** Calls `take` with each row for chat that has all of these signs, and so may be meant, until that returns true. */
function eachLike(lists: readonly ListIndex[], wanted: Int32Array, take: (row: IndexRow) => boolean): void {
  // What has most bits is rarest, and is asked first.
  const kinds = [...wanted.keys()].filter((kind) => wanted[kind] !== 0);
  kinds.sort((a, b) => bitsIn(wanted[b] ?? 0) - bitsIn(wanted[a] ?? 0));
  const [first = 0, ...others] = kinds;
  const bits = wanted[first] ?? 0;
  for (const { rows, signs } of lists) {
    const { length } = rows;
    const hasOthers = (row: number) =>
      others.every((kind) => ((wanted[kind] ?? 0) & ~(signs[kind * length + row] ?? 0)) === 0);
    for (let row = 0, place = first * length; row < length; row++, place++) {
      if ((bits & ~(signs[place] ?? 0)) !== 0 || !hasOthers(row)) continue;
      const found = rows[row];
      if (found?.model.isChat && take(found)) return;
    }
  }
}

function bitsIn(number: number): number {
  let count = 0;
  for (let rest = number; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/** Ids that have these characters in this order: "cs45" is claude-sonnet-4-5. */
function inOrder(lists: readonly ListIndex[], wanted: string, limit: number): readonly IndexRow[] {
  const found: IndexRow[] = [];
  if (wanted.length < 2 || limit < 1) return found;
  eachLike(lists, signsOf([...wanted]), (row) => {
    if (holdsInOrder(row.id, wanted)) found.push(row);
    return found.length === limit;
  });
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

function rankIn(
  { id, text, squeezed }: IndexRow,
  wanted: string,
  words: readonly string[],
  squeezedWords: readonly string[],
): Rank | undefined {
  const at = text.indexOf(wanted);
  if (at === -1 && !(words.length > 1 && words.every((word) => text.includes(word)))) {
    return squeezedWords.length > 0 && squeezedWords.every((word) => squeezed.includes(word)) ? 4 : undefined;
  }
  const isAtId = id.startsWith(wanted);
  if ((isAtId && id.length === wanted.length) || (at === 0 && text.charCodeAt(wanted.length) === SPACE)) return 0;
  if (isAtId || at === 0) return 1;
  return at > 0 && !isWordCharacter(text.charCodeAt(at - 1)) ? 2 : 3;
}

/** One of each provider's chat models after the other, so that a long list does not hide a short one. */
function inTurns(lists: readonly ListIndex[], limit: number): readonly IndexRow[] {
  const found: IndexRow[] = [];
  const waiting = lists.map(({ rows }) => rows[Symbol.iterator]());
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
