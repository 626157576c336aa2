import { button, buttons, chatPage, escaped, markdown, menu, type PicturedMessage } from "./chat-page.js";

/** A block as the bot sends it, as far as a picture needs it. */
interface Block {
  readonly type: string;
  readonly text?: string | { readonly type: string; readonly text: string };
  readonly elements?: readonly Element[];
}
interface Element {
  readonly type: string;
  readonly text?: string | { readonly text: string };
  readonly placeholder?: { readonly text: string };
}

const CSS = `
  body { background: #fff; color: #1d1c1d }
  .channel { border-bottom: 1px solid #e4e4e4 }
  time, .above, .below { color: #616061 }
  .app { background: #e8e8e8; color: #616061 }
  code { background: #f6f6f6; border: 1px solid #e0e0e0; color: #b3163d }
  pre { background: #f6f6f6; border: 1px solid #e0e0e0 }
  th, td { border: 1px solid #dcdcdc }
  hr { border: 0; border-top: 1px solid #e4e4e4; margin: 10px 0 }
  .button { border: 1px solid #bababb; background: #fff }
  .reaction { background: #eef6fd; border: 1px solid #b9dcf5; color: #1264a3 }
  a { color: #1264a3 }
`;

/** Names of the reactions that the bot puts. */
const EMOJI: Readonly<Record<string, string>> = {
  white_check_mark: "✅",
  eyes: "👀",
  arrows_counterclockwise: "🔄",
  black_right_pointing_triangle_with_double_vertical_bar: "⏯️",
  stopwatch: "⏱️",
};

/** Reactions of a message, as the fake workspace keeps them. */
export const slackReactions = (reactions: ReadonlyMap<string, ReadonlySet<string>>): PicturedMessage["reactions"] =>
  [...reactions].map(([name, { size }]) => [EMOJI[name] ?? `:${name}:`, size] as const);

/** Slack's blocks as HTML. */
export const slackBody = (blocks: readonly unknown[]): string => (blocks as readonly Block[]).map(blockOf).join("");

function blockOf({ type, text, elements = [] }: Block): string {
  if (type === "markdown") return markdown(unescaped(String(text)));
  if (type === "divider") return "<hr>";
  if (type === "section") return `<p>${mrkdwn(wordsOf(text))}</p>`;
  if (type === "context")
    return `<div class="below">${elements.map(({ text: own }) => mrkdwn(wordsOf(own))).join(" ")}</div>`;
  if (type === "context_actions") return buttons(["👍", "👎"].map(button)); // Slack's own feedback buttons
  if (type === "actions") return buttons(elements.map(elementOf));
  throw new Error(`The picture knows no block ${type}`);
}

const wordsOf = (text: Block["text"] | Element["text"]): string =>
  typeof text === "string" ? text : (text?.text ?? "");

const elementOf = ({ type, text, placeholder }: Element): string =>
  type === "button" ? button(wordsOf(text)) : menu(placeholder?.text ?? "");

const unescaped = (text: string) => text.replaceAll("&lt;", "<");

/** Slack's own notation: entities are escaped already, and dates are shown in the reader's zone. */
const mrkdwn = (text: string): string =>
  text
    .replaceAll(/<!date\^(\d+)\^[^|>]*\|[^>]*>/g, (_token, seconds) => todayAt(Number(seconds) * 1000))
    .replaceAll(/<(https?:[^|>]+)\|([^>]+)>/g, (_link, address, words) => `<a href="${escaped(address)}">${words}</a>`)
    .replaceAll(/`([^`\n]+)`/g, "<code>$1</code>")
    .replaceAll(/(?<![\w*])\*([^*\n]+)\*/g, "<b>$1</b>")
    .replaceAll("\n", "<br>");

const clockOf = (at: number) =>
  new Date(at).toLocaleTimeString("en-US", { hour: "numeric", minute: "2-digit", timeZone: "UTC" });
const todayAt = (at: number) => `today at ${clockOf(at)}`;

/** When a message was written, as Slack shows it; `ts` is its id. */
export const slackTime = (ts: string): string => clockOf(Number(ts) * 1000);

export const slackPage = (channel: string, messages: readonly PicturedMessage[]): string =>
  chatPage(CSS, channel, messages);
