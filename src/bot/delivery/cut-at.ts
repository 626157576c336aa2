import { type Fence, fenceAfter, fenceAfterLine, wrapperOf } from "./code-fence.js";

/**
 * Where to end a part that begins at `rest`, which is longer than fits, inside `fence`: behind a paragraph, a line, a
 * line of code or a word of its second half, whichever comes first in this order; else behind any line; else behind the
 * last whole character that fits. A link with a text and a hidden text go into the next part as a whole, where they are
 * not nearly a message by themselves. What is decided never depends on text that is still to come.
 */
export function cutAt(rest: string, fence: Fence, maxChars: number): number {
  const end = blockCut(rest, fence, maxChars);
  const body = rest.slice(0, end);
  if (fenceAfter(body, fence) !== undefined) return end;
  const half = maxChars / 2;
  const start = Math.min(linkStart(body, rest[end]) ?? end, spoilerStart(body, { fence, isOpen: false }) ?? end);
  // What is nearly a message by itself cannot be kept whole.
  if (start > 0 && end - start <= half) return start;
  return rest.slice(end - 1, end + 1) === "||" && end > 1 ? end - 1 : end;
}

/** A link with a text, up to anywhere in it. */
const LINK_PART = /!?\[[^[\]\n]*(?:\](?:\((?:[^\s()]|\([^\s()]*\))*)?)?$/;

/** Where the link begins that a text ends in; undefined where it ends in none. */
function linkStart(body: string, next: string | undefined): number | undefined {
  const line = body.slice(body.lastIndexOf("\n") + 1);
  const found = LINK_PART.exec(line);
  if (found === null || (found[0].endsWith("]") && next !== "(")) return undefined;
  return body.length - line.length + found.index;
}

const CODE = /(```|~~~)[\s\S]*?(?:\1|$)|`[^`\n]*`/g;

/**
 * Where the hidden text (`||so||`) begins that a text ends in; undefined where it ends in none. `isOpen`: it begins in
 * one. Bars between spaces are no marks.
 */
export function spoilerStart(
  body: string,
  { fence, isOpen }: { readonly fence: Fence; readonly isOpen: boolean },
): number | undefined {
  if (!isOpen && !body.includes("||")) return undefined;
  const { opening } = wrapperOf(fence, Number.POSITIVE_INFINITY);
  const plain = `${opening}${body}`.replace(CODE, (code) => " ".repeat(code.length)).slice(opening.length);
  let start = isOpen ? 0 : undefined;
  for (const { index } of plain.matchAll(/\|\|/g)) {
    if (start === undefined) start = /[^\s|]/.test(plain[index + 2] ?? " ") ? index : undefined;
    else if (/\S/.test(plain[index - 1] ?? "x")) start = undefined;
  }
  return start;
}

function blockCut(rest: string, fence: Fence, maxChars: number): number {
  const limit = maxChars - wrapperOf(fence, maxChars).opening.length;
  const fits = (end: number, after: Fence) => {
    const { closing } = wrapperOf(after, maxChars);
    return end + closing.length <= limit;
  };
  const lines = lineBreaks(rest, fence, fits);
  const half = limit / 2;
  for (const end of [lines.paragraph, lines.line, lines.codeLine]) if (end >= half) return end;
  const hard = hardBreak(rest, fence, limit, fits);
  const word = (LAST_BREAK.exec(rest.slice(0, hard))?.[0] ?? "").length;
  if (word >= half && fits(word, fenceAfter(rest.slice(0, word), fence))) return word;
  return Math.max(lines.paragraph, lines.line, lines.codeLine) || hard;
}

/** Up to the last place between words, or between sentences of a script that has no spaces. */
const LAST_BREAK = /^[\s\S]*[\s。、，！？；：]/;

type Fits = (end: number, after: Fence) => boolean;

/** The last place of each kind that fits; 0 where there is none. */
function lineBreaks(rest: string, before: Fence, fits: Fits) {
  const found = { paragraph: 0, line: 0, codeLine: 0 };
  let fence = before;
  for (let start = 0; ; ) {
    const lineEnd = rest.indexOf("\n", start);
    if (lineEnd < 0) return found;
    const line = rest.slice(start, lineEnd);
    const after = fenceAfterLine(line, fence);
    const end = lineEnd + 1;
    // Directly behind the line that opens a block, an empty block would be left behind.
    const isOpening = fence === undefined && after !== undefined;
    if (fits(end, after) && !isOpening) {
      if (after !== undefined) found.codeLine = end;
      else if (line.trim() === "") found.paragraph = end;
      else found.line = end;
    }
    fence = after;
    start = end;
  }
}

/** Room for what closes a common block is looked for in steps of so many. */
const CLOSING_CHARS = 4;

function hardBreak(rest: string, fence: Fence, limit: number, fits: Fits): number {
  const segments = new Intl.Segmenter().segment(rest);
  for (let most = limit; most > 1; ) {
    const start = segments.containing(most)?.index ?? 0;
    const end = start > 0 ? start : insidePair(rest, most) ? most - 1 : most;
    const after = fenceAfter(rest.slice(0, end), fence);
    if (fits(end, after)) return end;
    most = Math.min(end - 1, most - CLOSING_CHARS);
  }
  return 1;
}

/** Between the halves of a surrogate pair. */
const insidePair = (text: string, at: number) =>
  /[\ud800-\udbff]/.test(text[at - 1] ?? "") && /[\udc00-\udfff]/.test(text[at] ?? "");
