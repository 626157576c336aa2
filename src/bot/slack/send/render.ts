import type { types } from "@slack/bolt";
import { startOfText } from "../../../base/text.js";
import { showTimes } from "../../../base/time.js";
import type { Reply } from "../../../commands/command.js";
import { splitMessage } from "../../delivery/split-message.js";
import { escapeMarkdown, escapeMrkdwn } from "../wire/notation.js";

type Block = types.KnownBlock;

/** A message for Slack: blocks, and the text for notifications and screen readers. */
export interface SlackMessage {
  readonly text: string;
  readonly blocks: readonly Block[];
}

/** All markdown blocks of a message together. */
export const MAX_MARKDOWN_CHARS = 12_000;
/** chat.update refuses a longer text. */
const MAX_TEXT_CHARS = 4_000;
const MAX_SECTION_CHARS = 3_000;
/** Characters of a piece before it is escaped; most pieces then fit into a section. */
const PIECE_CHARS = 2_400;
/** A piece of this length fits into a section whatever it holds: escapes and dates make five characters of one. */
const SAFE_PIECE_CHARS = 590;
/** Slack takes 50 blocks a message; the others are for the controls. */
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
  return cutEscaped(escapeMrkdwn(showTimes(markdown, inUtc)), MAX_TEXT_CHARS) || NOTHING;
}

/** Cuts escaped text to `maxChars`, "…" included where something was cut, and never inside an escaped character. */
export const cutEscaped = (text: string, maxChars: number): string =>
  text.length <= maxChars ? text : `${startOfText(text, maxChars - 1).replace(/&[a-z]{0,3}$/, "")}…`;

function textBlocks(markdown: string): readonly Block[] {
  const text = markdown.trim() === "" ? NOTHING : markdown;
  const escaped = escapeMarkdown(text);
  const hasTimes = showTimes(text, () => "") !== text;
  // Markdown reads best as it is, but only mrkdwn has a token for times, and room for a text full of brackets.
  if (!hasTimes && escaped.length <= MAX_MARKDOWN_CHARS) return [{ type: "markdown", text: escaped }];
  return sectionBlocks(text);
}

/** Returns Markdown as sections of mrkdwn, which take any text but show no tables. */
export const sectionBlocks = (markdown: string): readonly Block[] => sections(markdown).map(sectionOf);

const sectionOf = (mrkdwn: string): Block => ({
  type: "section",
  expand: true,
  text: { type: "mrkdwn", text: mrkdwn, verbatim: true },
});

function sections(text: string): readonly string[] {
  const whole = toMrkdwn(text);
  const pieces =
    whole.length <= MAX_SECTION_CHARS ? [whole] : splitMessage(text, PIECE_CHARS).flatMap((piece) => inSection(piece));
  return pieces.filter((piece) => piece.trim() !== "").slice(0, MAX_SECTIONS);
}

function inSection(piece: string): readonly string[] {
  const shown = toMrkdwn(piece);
  return shown.length <= MAX_SECTION_CHARS ? [shown] : splitMessage(piece, SAFE_PIECE_CHARS).map(toMrkdwn);
}

/** "2026-01-05 12:00 UTC", where Slack cannot show it in the reader's own zone. */
const inUtc = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;

/** A panel: sections for each paragraph, with a divider after the first, which is the indicator. */
function panelBlocks(markdown: string): readonly Block[] {
  const paragraphs = markdown.split(/\n{2,}/).filter((paragraph) => paragraph.trim() !== "");
  return paragraphs
    .flatMap((paragraph, index): readonly Block[] => [
      ...(index === 1 ? [{ type: "divider" } as const] : []),
      ...splitMessage(paragraph, SAFE_PIECE_CHARS).map((piece) => sectionOf(toMrkdwn(piece))),
    ])
    .slice(0, MAX_SECTIONS);
}

/** A time in the reader's zone and words: "today at 3:04 PM". */
const dateToken = (at: number): string => `<!date^${Math.floor(at / 1000)}^{date_short_pretty} at {time}|${inUtc(at)}>`;

/**
 * Markdown as Slack's own mrkdwn, as far as the bot writes it: bold, headings, links, strike-through, lists, code, and
 * time marks. Everything else stays text, and nothing becomes a mention.
 */
export function toMrkdwn(markdown: string): string {
  return markdown
    .split(/(```[\s\S]*?```|`[^`\n]+`)/)
    .map((part, index) => (index % 2 === 1 ? codeOf(part) : proseOf(part)))
    .join("");
}

/** mrkdwn knows no language behind the fence. */
const codeOf = (part: string) => escapeMrkdwn(part.replace(/^```[\w+-]*\n/, "```\n"));

function proseOf(part: string): string {
  return part
    .split(/(<t:\d{1,12}:R>)/)
    .map((piece, index) => (index % 2 === 1 ? dateToken(Number(piece.slice(3, -3)) * 1000) : styled(piece)))
    .join("");
}

const styled = (text: string) =>
  escapeMrkdwn(text)
    .replaceAll(/\[([^\]\n]+)\]\((https?:\/\/[^\s()|]+)\)/g, "<$2|$1>")
    .replaceAll(/\*\*([^*\n]+)\*\*/g, "*$1*")
    .replaceAll(/^#{1,6} +(.+)$/gm, (_line, title: string) => `*${title.replaceAll("*", "")}*`)
    .replaceAll(/~~([^~\n]+)~~/g, "~$1~")
    .replaceAll(/^( *)[-*] /gm, "$1• ");
