/** The code block that a place in Markdown stands in: its opening line without the line break, or undefined outside. */
export type Fence = { readonly indent: string; readonly marker: string; readonly info: string } | undefined;

export const NO_FENCE: Fence = undefined;

const FENCE_LINE = /^([ \t]*)(`{3,}|~{3,})([^\n]*)$/;

/** The fence after one line (without its break). Indentation is not judged: models indent blocks inside lists. */
export function fenceAfterLine(line: string, before: Fence): Fence {
  const found = FENCE_LINE.exec(line);
  if (found === null) return before;
  const [, indent = "", marker = "", info = ""] = found;
  if (before === undefined) {
    // "```like this```" in one line is inline code.
    return marker.startsWith("`") && info.includes("`") ? undefined : { indent, marker, info };
  }
  const isClosing = info.trim() === "" && marker.startsWith(before.marker);
  return isClosing ? undefined : before;
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
 * was
 * broken off, is closed before the next part: what stands below it is not code.
 */
export function stacked(parts: readonly (string | undefined)[]): string {
  const there = parts.map((part) => part ?? "").filter((part) => part.trim() !== "");
  return there.map((part, index) => (index < there.length - 1 ? withFenceClosed(part) : part)).join("\n\n");
}

function withFenceClosed(text: string): string {
  const fence = fenceAfter(text, NO_FENCE);
  return fence === undefined ? text : `${text}${text.endsWith("\n") ? "" : "\n"}${fence.indent}${fence.marker}`;
}
