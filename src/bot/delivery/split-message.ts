import { type Fence, fenceAfter, fenceAfterLine, NO_FENCE, wrapperOf } from "./code-fence.js";

/** One text over several messages, growing at its end. */
export interface Splitter {
  /** Takes the text so far, which continues the one before; returns all parts, of which all but the last are final. */
  update(text: string): readonly string[];
  /** Ends a part with what is shown of it, which it began with: the rest goes into the next one. */
  endPart(part: number, shown: string): void;
}

/**
 * Splits beyond `maxChars` (UTF-16 code units) at good places. A code block that goes on in the next part is closed in
 * this one and opened again with its info string in that one, and so is a long hidden text. Only the last part is
 * looked at again, so that the cost of an update does not grow with what is final.
 */
export function createSplitter(maxChars: number): Splitter {
  const final: string[] = [];
  /** Where each part that is final begins. */
  const starts: Start[] = [];
  let start: Start = { from: 0, fence: NO_FENCE, isHidden: false };

  /** Where the next part begins, when one ends with `body`. */
  const following = ({ from, fence, isHidden }: Start, body: string): Start => {
    const after = fenceAfter(body, fence);
    const isOpen = after === undefined && spoilerStart(body, { fence, isOpen: isHidden }) !== undefined;
    return { from: from + body.length, fence: after, isHidden: isOpen };
  };

  return {
    update(given) {
      // Half of a character is not shown; the other half comes with the next text.
      const text = /[\ud800-\udbff]$/.test(given) ? given.slice(0, -1) : given;
      for (;;) {
        const { from, fence, isHidden } = start;
        const opening = openingOf(start, maxChars);
        if (opening.length + text.length - from <= maxChars) return [...final, opening + text.slice(from)];
        // One character more than fits, so that a break right behind the last one that fits is seen.
        const rest = text.slice(from, from + maxChars + 2);
        const mayHide = isHidden || rest.slice(0, maxChars).includes("||");
        const body = rest.slice(0, cutAt(rest, fence, mayHide ? maxChars - 2 * HIDING.length : maxChars));
        starts.push(start);
        start = following(start, body);
        const { closing } = wrapperOf(start.fence, maxChars);
        const end = start.isHidden ? HIDING : closing !== "" && body.endsWith("\n") ? closing.slice(1) : closing;
        final.push(opening + (start.isHidden ? body.trimEnd() : body) + end);
      }
    },
    endPart(part, shown) {
      const ended = starts[part] ?? start;
      final.splice(part, Number.POSITIVE_INFINITY, shown);
      starts.splice(part, Number.POSITIVE_INFINITY, ended);
      start = following(ended, shown.slice(openingOf(ended, maxChars).length));
    },
  };
}

/** Where a part begins, and what it begins inside of. */
interface Start {
  readonly from: number;
  readonly fence: Fence;
  /** In a hidden text, which Discord shows at a click. */
  readonly isHidden: boolean;
}

const HIDING = "||";

const openingOf = ({ fence, isHidden }: Start, maxChars: number) =>
  isHidden ? HIDING : wrapperOf(fence, maxChars).opening;

/** A whole text as messages of at most `maxChars` UTF-16 code units; one, perhaps empty, where it fits. */
export const splitMessage = (text: string, maxChars: number): readonly string[] =>
  createSplitter(maxChars).update(text);

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
