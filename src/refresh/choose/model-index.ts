import type { ModelInfo, ProviderId } from "../../providers/provider.js";
import type { Snapshot } from "../catalog/catalog-entry.js";

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

/** The rows of one list, and numbers that tell quickly which of them can't be meant: a search reads few texts. */
export interface ListIndex {
  readonly rows: readonly IndexRow[];
  /**
   * `WIDTH` numbers for each row, whose bits stand for what occurs in it: first those of the first kind for all rows,
   * then of the second. Those of a row that is not for chat are all 0.
   */
  readonly signs: Int32Array;
  /** Each row's place by its model's id. */
  readonly places: ReadonlyMap<string, number>;
}

/** Places of a row's numbers: what occurs in it (up to three characters), how it and its id begin, how words begin. */
const PARTS = 0;
const HEADS = 8;
const STARTS = 10;
const LETTERS = 14;
const LETTER_A = 0x61;
const WIDTH = 16;

/** A memo of a pure function, no state: a list is indexed once in its life and forgotten with it. */
const indexed = new WeakMap<readonly ModelInfo[], ListIndex>();

const isOf = ({ rows: [first] }: ListIndex, provider: ProviderId) => first === undefined || first.provider === provider;

/** The index of every provider's list, in the snapshot's order. */
export function listIndexes(snapshot: Snapshot): readonly ListIndex[] {
  return [...snapshot.providers].map(([provider, { models }]) => {
    const known = indexed.get(models);
    if (known !== undefined && isOf(known, provider)) return known;
    const building = new IndexBuilder(provider, models);
    building.add(models.length);
    return building.end();
  });
}

/** The rows of every provider, in the snapshot's order. */
export const indexOf = (snapshot: Snapshot): readonly (readonly IndexRow[])[] =>
  listIndexes(snapshot).map(({ rows }) => rows);

/** Indexing that many rows takes about a millisecond. */
const ROWS_AT_ONCE = 200;

/** Indexes the lists that have changed, in slices, so that the first search needs not and nobody else waits for it. */
export async function indexAhead(snapshot: Snapshot): Promise<void> {
  for (const [provider, { models }] of snapshot.providers) {
    const building = new IndexBuilder(provider, models);
    while (!indexed.has(models)) {
      await new Promise<void>((resolve) => void setImmediate(resolve));
      if (building.add(ROWS_AT_ONCE)) building.end();
    }
  }
}

class IndexBuilder {
  readonly #provider: ProviderId;
  readonly #models: readonly ModelInfo[];
  readonly #rows: IndexRow[] = [];
  readonly #signs: Int32Array;
  readonly #places = new Map<string, number>();

  constructor(provider: ProviderId, models: readonly ModelInfo[]) {
    this.#provider = provider;
    this.#models = models;
    this.#signs = new Int32Array(models.length * WIDTH);
  }

  /** Indexes that many further models; returns whether they were the last. */
  add(count: number): boolean {
    const rows = this.#rows;
    for (const model of this.#models.slice(rows.length, rows.length + count)) {
      const id = model.id.toLowerCase();
      const text = `${this.#provider.toLowerCase()}/${id} ${model.name?.toLowerCase() ?? ""}`;
      const row = { provider: this.#provider, model, id, text, squeezed: squeeze(text) };
      if (model.isChat) {
        const signs = new Int32Array(WIDTH);
        markSqueezed(signs, row.squeezed);
        markStart(signs, HEADS, id, 0);
        markStart(signs, HEADS, text, 0);
        for (let at = 1; at < text.length; at++)
          if (!isWordCharacter(text.charCodeAt(at - 1))) markStart(signs, STARTS, text, at);
        for (let kind = 0; kind < WIDTH; kind++)
          this.#signs[kind * this.#models.length + rows.length] = signs[kind] ?? 0;
      }
      this.#places.set(model.id, rows.length);
      rows.push(row);
    }
    return rows.length === this.#models.length;
  }

  end(): ListIndex {
    const index = { rows: this.#rows, signs: this.#signs, places: this.#places };
    indexed.set(this.#models, index);
    return index;
  }
}

/** The bits of a row in which these squeezed words occur. */
export function signsOf(squeezedWords: readonly string[]): Int32Array {
  const signs = new Int32Array(WIDTH);
  for (const word of squeezedWords) markSqueezed(signs, word);
  return signs;
}

/** The bits of a row in which a text occurs where it or its id begins (`heads`), or a word does. */
export function signsOfStart(text: string, where: "heads" | "words"): Int32Array {
  const signs = signsOf([squeeze(text)]);
  mark(signs, where === "heads" ? HEADS : STARTS, startSign(text, 0, Math.min(text.length, MAX_START)));
  return signs;
}

/** Marks the characters of squeezed text, its pairs and its triples. */
function markSqueezed(signs: Int32Array, squeezed: string): void {
  let before = 0;
  let pair = 0;
  for (let at = 0; at < squeezed.length; at++) {
    const code = squeezed.charCodeAt(at);
    const place = code < LETTER_A ? LETTERS + 1 : LETTERS;
    signs[place] = (signs[place] ?? 0) | (1 << code);
    const triple = Math.imul(pair, CODE) + code;
    pair = Math.imul(before, CODE) + code;
    if (at > 0) mark(signs, PARTS, pair);
    if (at > 1) mark(signs, PARTS, triple);
    before = code;
  }
}

/** What begins somewhere is recognised by that many of its first characters at most. */
const MAX_START = 3;

function markStart(signs: Int32Array, from: number, text: string, at: number): void {
  for (let length = 1; length <= MAX_START; length++) mark(signs, from, startSign(text, at, length));
}

function startSign(text: string, at: number, length: number): number {
  let sign = length;
  for (let index = at; index < at + length; index++) sign = Math.imul(sign, CODE) + (text.charCodeAt(index) || 0);
  return sign;
}

/** Spreads short texts over numbers, as in FNV-1a. */
const CODE = 0x01000193;

/** How many numbers the signs of a kind share. */
const NUMBERS: Readonly<Record<number, number>> = {
  [PARTS]: HEADS - PARTS,
  [HEADS]: STARTS - HEADS,
  [STARTS]: LETTERS - STARTS,
};

function mark(signs: Int32Array, from: number, sign: number): void {
  const spread = Math.imul(sign ^ (sign >>> 15), 0x2c1b3c6d) >>> 8;
  const place = from + ((spread >>> 5) % (NUMBERS[from] ?? 1));
  signs[place] = (signs[place] ?? 0) | (1 << spread);
}

/** Whether a code point of lower-case text is a letter or a digit; nearly all ids are ASCII, which needs no pattern. */
export function isWordCharacter(code: number): boolean {
  if (code < 128) return (code >= 97 && code <= 122) || (code >= 48 && code <= 57);
  return /[\p{L}\p{N}]/u.test(String.fromCharCode(code));
}

/** Returns the letters and digits of a lower-case text. */
export const squeeze = (text: string): string =>
  /[^\0-\x7f]/.test(text) ? text.replace(/[^\p{L}\p{N}]+/gu, "") : text.replace(/[^a-z0-9]+/g, "");

/** What a person typed, without what they could not see (zero-width and control characters, bidirectional marks). */
export function cleanTyped(typed: string): string {
  return typed
    .slice(0, 300)
    .normalize("NFC")
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "")
    .trim();
}
