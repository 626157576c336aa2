/**
 * The code block that a place in Markdown stands in: its opening line without the line break, and with spaces in the
 * place of a list's marks; undefined outside.
 */
export type Fence = { readonly indent: string; readonly marker: string; readonly info: string } | undefined;

export const NO_FENCE: Fence = undefined;

const LIST_MARK = /[-*+]|\d{1,9}[.)]/;
const FENCE_LINE = new RegExp(`^((?:[ \\t]*(?:>|(?:${LIST_MARK.source})(?=[ \\t])))*[ \\t]*)(\`{3,}|~{3,})([^\\n]*)$`);

/** The fence after one line (without its break). Indentation is not judged: models indent blocks inside lists. */
export function fenceAfterLine(line: string, open: Fence): Fence {
  // A quote ends where a line lacks its mark, and so does the block of code in it; of an empty one more may come.
  const before = open?.indent.includes(">") && !/^[ \t]*(?:>|$)/.test(line) ? undefined : open;
  const found = FENCE_LINE.exec(line);
  if (found === null) return before;
  const [, prefix = "", marker = "", info = ""] = found;
  if (before === undefined) {
    // "```like this```" in one line is inline code.
    const isInline = marker.startsWith("`") && info.includes("`");
    return isInline ? undefined : { indent: prefix.replace(/[^\s>]/g, " "), marker, info };
  }
  const isAlike = prefix.includes(">") === before.indent.includes(">") && !LIST_MARK.test(prefix);
  return isAlike && info.trim() === "" && marker.startsWith(before.marker) ? undefined : before;
}

/** The fence at the end of a piece of text that begins at a line's start, or in the middle of one. */
export function fenceAfter(text: string, before: Fence): Fence {
  let fence = before;
  for (const line of text.split("\n")) fence = fenceAfterLine(line, fence);
  return fence;
}

/** What closes a part inside a block, and what opens the next one again. Absurdly long fences are left as they are. */
export function wrapperOf(fence: Fence, maxChars: number): { readonly opening: string; readonly closing: string } {
  if (fence === undefined) return { opening: "", closing: "" };
  const { indent, marker, info } = fence;
  const opening = `${indent}${marker}${info}\n`;
  const closing = `\n${indent}${marker}`;
  return opening.length + closing.length <= maxChars / 4 ? { opening, closing } : { opening: "", closing: "" };
}

/**
 * What there is of these parts, one below the other. A block of code that a part leaves open, as an answer does that
 * was broken off, is closed before the next part: what stands below it is not code.
 */
export function stacked(parts: readonly (string | undefined)[]): string {
  const there = parts.map((part) => part ?? "").filter((part) => part.trim() !== "");
  return there.map((part, index) => (index < there.length - 1 ? withFenceClosed(part) : part)).join("\n\n");
}

function withFenceClosed(text: string): string {
  const fence = fenceAfter(text, NO_FENCE);
  return fence === undefined ? text : `${text}${text.endsWith("\n") ? "" : "\n"}${fence.indent}${fence.marker}`;
}
