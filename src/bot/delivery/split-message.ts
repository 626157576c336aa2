import { type Fence, fenceAfter, NO_FENCE, wrapperOf } from "./code-fence.js";
import { cutAt } from "./cut-at.js";

/** One text over several messages, growing at its end. */
export interface Splitter {
  /** Takes the text so far, which continues the one before; returns all parts, of which all but the last are final. */
  update(text: string): readonly string[];
  /** Ends a part with what is shown of it, which it began with: the rest goes into the next one. */
  endPart(part: number, shown: string): void;
}

/**
 * Splits beyond `maxChars` (UTF-16 code units) at good places. A code block that goes on in the next part is closed in
 * this one and opened again with its info string in that one. Only the last part is looked at again, so that the cost
 * of
 * an update does not grow with what is final.
 */
export function createSplitter(maxChars: number): Splitter {
  const final: string[] = [];
  /** Where each part that is final begins. */
  const starts: { readonly from: number; readonly fence: Fence }[] = [];
  let from = 0;
  let fence: Fence = NO_FENCE;

  return {
    update(given) {
      // Half of a character is not shown; the other half comes with the next text.
      const text = /[\ud800-\udbff]$/.test(given) ? given.slice(0, -1) : given;
      for (;;) {
        const { opening } = wrapperOf(fence, maxChars);
        if (opening.length + text.length - from <= maxChars) return [...final, opening + text.slice(from)];
        // One character more than fits, so that a break right behind the last one that fits is seen.
        const rest = text.slice(from, from + maxChars + 2);
        const end = cutAt(rest, fence, maxChars);
        const body = rest.slice(0, end);
        starts.push({ from, fence });
        fence = fenceAfter(body, fence);
        const { closing } = wrapperOf(fence, maxChars);
        final.push(opening + body + (closing !== "" && body.endsWith("\n") ? closing.slice(1) : closing));
        from += end;
      }
    },
    endPart(part, shown) {
      const start = starts[part] ?? { from, fence };
      const body = shown.slice(wrapperOf(start.fence, maxChars).opening.length);
      final.splice(part, Number.POSITIVE_INFINITY, shown);
      starts.splice(part, Number.POSITIVE_INFINITY, start);
      from = start.from + body.length;
      fence = fenceAfter(body, start.fence);
    },
  };
}

/** A whole text as messages of at most `maxChars` UTF-16 code units; one, perhaps empty, where it fits. */
export const splitMessage = (text: string, maxChars: number): readonly string[] =>
  createSplitter(maxChars).update(text);
