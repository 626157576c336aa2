import type { Row } from "./components.js";
import { cutText } from "./cut-text.js";

/** https://discord.com/developers/docs/components/reference */
const TEXT = 10;
const FILE = 13;
const SEPARATOR = 14;
const CONTAINER = 17;
/** Text of all components together. */
const MAX_TEXT = 4_000;
/** With the container, the separator, the rows and what is in them this stays below the 40 of a message. */
const MAX_BLOCKS = 8;

/**
 * A panel as one container: what it says first, a line, the rest block by block, its files and its controls. Components
 * of this kind take the place of a message's content.
 */
export function layoutOf(markdown: string, rows: readonly Row[], files: readonly string[] = []): readonly unknown[] {
  const [first = "(no text)", ...rest] = blocksOf(cutText(markdown, MAX_TEXT));
  const texts = (blocks: readonly string[]) => blocks.map((content) => ({ type: TEXT, content }));
  const components = [
    ...texts([first]),
    ...(rest.length > 0 ? [{ type: SEPARATOR }] : []),
    ...texts(rest),
    ...files.map((name) => ({ type: FILE, file: { url: `attachment://${name}` } })),
    ...rows,
  ];
  return [{ type: CONTAINER, components }];
}

/** Paragraphs; the last one holds what is too much for blocks of their own. */
function blocksOf(markdown: string): readonly string[] {
  const blocks = markdown.split(/\n{2,}/).filter((block) => block.trim() !== "");
  return [...blocks.slice(0, MAX_BLOCKS - 1), blocks.slice(MAX_BLOCKS - 1).join("\n\n")].filter(
    (block) => block !== "",
  );
}
