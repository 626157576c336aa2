import { t } from "../languages/translate.js";

/** Created at first use: its data takes 15 ms to load. */
let graphemes: Intl.Segmenter | undefined;

/**
 * Returns the longest start of `text` of at most `maxChars` UTF-16 code units that ends between two characters as a
 * reader sees them: never inside a surrogate pair, an emoji sequence, or a letter and its accent. A single character
 * longer than `maxChars` is cut between code points instead.
 */
export function startOfText(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  if (maxChars <= 0) return "";
  // Between two of these is always an end.
  if (/^[ -~]{2}$/.test(text.slice(maxChars - 1, maxChars + 1))) return text.slice(0, maxChars);
  // A character that the cut would divide begins within this distance before it; longer sequences are not typed by
  // people.
  const from = safeStart(text, Math.max(0, maxChars - 64));
  let end = from;
  graphemes ??= new Intl.Segmenter("en", { granularity: "grapheme" });
  for (const { index, segment } of graphemes.segment(text.slice(from, maxChars + 64))) {
    if (from + index + segment.length > maxChars) break;
    end = from + index + segment.length;
  }
  if (end > from || from > 0) return text.slice(0, end);
  const code = text.charCodeAt(maxChars - 1);
  return text.slice(0, code >= 0xd800 && code <= 0xdbff ? maxChars - 1 : maxChars);
}

/** Moves an index left until it stands between two plain characters, where no sequence can run across it. */
function safeStart(text: string, index: number): number {
  let at = index;
  while (at > 0 && !/[ \w][ \w]/.test(text.slice(at - 1, at + 1))) at--;
  return at;
}

/** Cuts `text` to `maxChars` UTF-16 code units at a reader's character, "…" included where something was cut. */
export const cutText = (text: string, maxChars: number): string =>
  text.length <= maxChars ? text : `${startOfText(text, maxChars - 1).trimEnd()}…`;

/** "a", "a or b", "a, b or c". */
export function either(items: readonly string[], word = t`or`): string {
  if (items.length < 2) return items.join("");
  return `${items.slice(0, -1).join(", ")} ${word} ${items.at(-1)}`;
}

/** Format and control characters, which nobody sees: zero-width spaces, direction marks, NUL; and halves of a pair. */
const INVISIBLE = /[\p{Cf}\p{Cc}\p{Cs}]/gu;

/** Returns `text` without characters that cannot be seen. */
export const visible = (text: string): string => text.replace(INVISIBLE, "");

/**
 * Characters that hide in a text or turn its direction; joiners, which emoji and many scripts need, are none of them.
 * Tags are left alone behind a flag, which they make.
 */
const HIDING = new RegExp(
  [
    /[\u061c\u200b\u200e\u200f\u2060-\u2064\u202a-\u202e\u2066-\u206f\ufeff]/u,
    /(?<!\u{1f3f4}[\u{e0000}-\u{e007f}]*)[\u{e0000}-\u{e007f}]/u,
  ]
    .map(({ source }) => source)
    .join("|"),
  "gu",
);

/** Returns a name as it is to be shown: what hides in it, or turns it round, becomes a "\ufffd" that can be seen. */
export const nameWithHiddenShown = (text: string): string =>
  text.replace(HIDING, "\ufffd").replace(/[\p{Cc}\p{Cs}]/gu, "");

/**
 * Returns false for what takes no ink: marks, joiners, blank letters and control characters, however many there are.
 */
export const saysSomething = (text: string): boolean =>
  /[^\p{M}\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/u.test(text);

/**
 * Returns whether a whole text fits a pattern in which `*` stands for any characters, also none and slashes, and `?`
 * for one. Case is ignored. Takes at most `pattern × text` steps, whatever was typed.
 */
export function fitsGlob(pattern: string, text: string): boolean {
  const [wanted, given] = [pattern.toLowerCase(), text.toLowerCase()];
  let at = 0;
  let place = 0;
  /** Behind the last star, and up to where that has reached. */
  let afterStar = -1;
  let starTo = 0;
  while (place < given.length) {
    const sign = wanted[at];
    if (sign === "*") {
      afterStar = ++at;
      starTo = place;
    } else if (sign === "?" || (sign !== undefined && sign === given[place])) {
      at++;
      place++;
    } else if (afterStar === -1) return false;
    else {
      at = afterStar;
      place = ++starTo;
    }
  }
  while (wanted[at] === "*") at++;
  return at === wanted.length;
}
