import type { types } from "@slack/bolt";
import { showTimes } from "../../../base/time.js";
import type { Reply } from "../../../commands/command.js";
import { splitMessage } from "../../delivery/split-message.js";
import { escapeMarkdown, escapeMrkdwn } from "../wire/escape.js";
import { cutToLength } from "./cut-to-length.js";
import { toMrkdwn } from "./mrkdwn.js";
import { panelBlocks } from "./panel-blocks.js";

type Block = types.KnownBlock;

/** What goes to Slack: blocks, and the text that notifications and screen readers get. */
export interface SlackMessage {
  readonly text: string;
  readonly blocks: readonly Block[];
}

/** All markdown blocks of a message together. */
export const MAX_MARKDOWN_CHARS = 12_000;
/** chat.update refuses a longer text. */
const MAX_TEXT_CHARS = 4_000;
const MAX_SECTION_CHARS = 3_000;
/** What a piece may hold before it is escaped: the second fits into a section whatever becomes of it, as "&" becomes five characters. */
const PIECE_CHARS = [2_400, 590] as const;
/** Slack takes 50 blocks; some are left for the controls. */
const MAX_SECTIONS = 44;

/** `controls` are the blocks of the reply's buttons and menus. */
export function render(reply: Pick<Reply, "markdown" | "panel">, controls: readonly Block[] = []): SlackMessage {
  const { markdown, panel } = reply;
  const blocks = panel === undefined || markdown.trim() === "" ? textBlocks(markdown) : panelBlocks(markdown);
  return { text: fallbackText(markdown), blocks: [...blocks, ...controls] };
}

/** Slack refuses a message without text. */
const NOTHING = "…";

function fallbackText(markdown: string): string {
  const escaped = escapeMrkdwn(showTimes(markdown, inUtc));
  return cutToLength(escaped, MAX_TEXT_CHARS, NOTHING) || NOTHING;
}

function textBlocks(markdown: string): readonly Block[] {
  const text = markdown.trim() === "" ? NOTHING : markdown;
  const escaped = escapeMarkdown(text);
  const hasTimes = showTimes(text, () => "") !== text;
  // Markdown reads best as it is, but only mrkdwn has a token for times, and room for a text full of brackets.
  if (!hasTimes && escaped.length <= MAX_MARKDOWN_CHARS) return [{ type: "markdown", text: escaped }];
  return sections(text).map((piece) => ({
    type: "section",
    expand: true,
    text: { type: "mrkdwn", text: piece, verbatim: true },
  }));
}

function sections(text: string): readonly string[] {
  const whole = toMrkdwn(text);
  const pieces =
    whole.length <= MAX_SECTION_CHARS
      ? [whole]
      : splitMessage(text, PIECE_CHARS[0]).flatMap((piece) => inSection(piece));
  return pieces.filter((piece) => piece.trim() !== "").slice(0, MAX_SECTIONS);
}

function inSection(piece: string): readonly string[] {
  const shown = toMrkdwn(piece);
  return shown.length <= MAX_SECTION_CHARS ? [shown] : splitMessage(piece, PIECE_CHARS[1]).map(toMrkdwn);
}

/** "2026-01-05 12:00 UTC", where Slack cannot show it in the reader's own zone. */
export const inUtc = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
