import { type Fence, fenceAfter, NO_FENCE, wrapperOf } from "./code-fence.js";
import { cutAt, spoilerStart } from "./cut-at.js";

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
