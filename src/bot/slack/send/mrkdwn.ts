import { escapeMrkdwn } from "../wire/escape.js";

/** A time in the reader's zone and words: "today at 3:04 PM". */
const dateToken = (at: number): string =>
  `<!date^${Math.floor(at / 1000)}^{date_short_pretty} at {time}|${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC>`;

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
