import { z } from "zod";
import { MARK_EMOJI, type Mark } from "../../port/platform.js";

/** A field that Slack leaves out, or gives as null or "", where there is nothing to say. */
export const optionalText = z
  .string()
  .nullish()
  .transform((text) => text || undefined);

/** For `text` and mrkdwn: nothing in it becomes a mention, a link or a date. */
export const escapeMrkdwn = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** Ends a word where nothing is seen to end. */
export const ZERO_WIDTH_SPACE = "\u200b";

/** Bold that a script without spaces goes on behind. */
const BOLD_IN_WORD =
  /(\*\*[^*\n]+\*\*)(?=[\p{Script=Hangul}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}])/gu;

/**
 * For markdown blocks: Slack reads `<!channel>` and `<@U1>` there too. Only the opening bracket: an escaped ampersand
 * would corrupt the addresses of links, and an escaped ">" the quotes.
 */
export const escapeMarkdown = (text: string): string =>
  text.replaceAll("<", "&lt;").replaceAll(BOLD_IN_WORD, `$1${ZERO_WIDTH_SPACE}`);

/** What a person typed, of a text that Slack has escaped. */
export const unescaped = (text: string): string =>
  text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

/** Returns the name of what a token of a text points at; undefined where it is not known. */
export type NameOf = (kind: "user" | "channel" | "group", id: string) => string | undefined;

/** Returns a message as its author typed it, without the mention of the bot. */
export const readMentionText = (raw: string, botUserId: string, nameOf: NameOf = () => undefined): string =>
  inWords(raw.replaceAll(new RegExp(`<@${botUserId}(\\|[^>]*)?>[:,]?[ \\t]*`, "g"), ""), nameOf).trim();

/**
 * Returns a text as it reads on the screen: names in the place of tokens, links with their addresses, nothing
 * escaped.
 */
export const inWords = (raw: string, nameOf: NameOf = () => undefined): string =>
  unescaped(
    raw.replaceAll(/<([^<>\s|]+)(?:\|([^<>]*))?>/g, (_token, target: string, label: string | undefined) =>
      tokenInWords(target, label, nameOf),
    ),
  );

/** Returns the ids that a text names without their labels. */
export function idsIn(raw: string): readonly (readonly [kind: "user" | "channel" | "group", id: string])[] {
  const kinds = { "@": "user", "#": "channel", "!subteam^": "group" } as const;
  const found = raw.matchAll(/<(@|#|!subteam\^)([A-Z0-9]+)\|?>/g);
  return [...found].map(([, sign, id = ""]) => [kinds[sign as keyof typeof kinds], id] as const);
}

function tokenInWords(target: string, label: string | undefined, nameOf: NameOf): string {
  const [kind, id] = [target[0], target.slice(1)];
  if (kind === "@") return `@${label || nameOf("user", id) || id}`;
  if (kind === "#") return `#${label || nameOf("channel", id) || id}`;
  if (kind === "!") return specialInWords(id, label, nameOf);
  const address = target.replace(/^mailto:|^tel:/, "");
  // A name that Slack itself made of the address ("example.com" for https://example.com) says nothing more.
  if (!label || address.includes(label)) return address;
  return `${label} (${address})`;
}

function specialInWords(special: string, label: string | undefined, nameOf: NameOf): string {
  const [name = "", first = ""] = special.split("^");
  if (name === "subteam") return `@${(label || nameOf("group", first) || first).replace(/^@/, "")}`;
  if (label) return label;
  if (name !== "date") return `@${name}`;
  const at = Number(first) * 1_000;
  return Number.isFinite(at) && Math.abs(at) < MAX_DATE_MS ? `${new Date(at).toISOString().slice(0, 16)} UTC` : first;
}

/** The farthest time that a `Date` can hold, in epoch ms. */
const MAX_DATE_MS = 8.64e15;

/** Slack knows emoji by name only; these are the ones that the bot uses. */
const NAMES: Readonly<Record<string, string>> = {
  "👀": "eyes",
  "⏳": "hourglass_flowing_sand",
  "✅": "white_check_mark",
  "⚠": "warning",
  "❌": "x",
  "🔄": "arrows_counterclockwise",
  "⏯": "black_right_pointing_triangle_with_double_vertical_bar",
  "⏱": "stopwatch",
};

const bare = (emoji: string): string => emoji.replaceAll("\uFE0F", "");

/** Undefined for an emoji that the bot has no name for. */
export const nameOfEmoji = (emoji: string): string | undefined => NAMES[bare(emoji)];

/** Returns a reaction as Unicode without variation selector; undefined for one that means nothing to the bot. */
export function emojiOfName(name: string): string | undefined {
  // A skin tone follows the name, as "wave::skin-tone-2".
  const [plain] = name.split("::");
  return Object.entries(NAMES).find(([, known]) => known === plain)?.[0];
}

/** The reaction of a mark. */
export const nameOfMark = (mark: Mark): string => nameOfEmoji(MARK_EMOJI[mark]) ?? "eyes";
