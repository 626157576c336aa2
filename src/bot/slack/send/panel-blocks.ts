import type { types } from "@slack/bolt";
import { splitMessage } from "../../delivery/split-message.js";
import { toMrkdwn } from "./mrkdwn.js";

type Block = types.KnownBlock;

/** A section takes 3,000 characters; dates and escapes make up to five of one. */
const MAX_PIECE_CHARS = 590;
/** Of 50 blocks; the rest is for the controls. */
const MAX_BLOCKS = 44;

/** A panel: each of its paragraphs stands by itself, the first of them (the indicator) set off from the facts below it. */
export function panelBlocks(markdown: string): readonly Block[] {
  const paragraphs = markdown.split(/\n{2,}/).filter((paragraph) => paragraph.trim() !== "");
  return paragraphs
    .flatMap((paragraph, index): readonly Block[] => [
      ...(index === 1 ? [{ type: "divider" } as const] : []),
      ...splitMessage(paragraph, MAX_PIECE_CHARS).map(section),
    ])
    .slice(0, MAX_BLOCKS);
}

const section = (markdown: string): Block => ({
  type: "section",
  expand: true,
  text: { type: "mrkdwn", text: toMrkdwn(markdown), verbatim: true },
});
