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

/**
 * For markdown blocks: Slack reads `<!channel>` and `<@U1>` there too. Only the opening bracket: an escaped ampersand
 * would corrupt the addresses of links, and an escaped ">" the quotes.
 */
export const escapeMarkdown = (text: string): string => text.replaceAll("<", "&lt;");

/** What a person typed, of a text that Slack has escaped. */
export const unescaped = (text: string): string =>
  text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

/**
 * A message as its author typed it: without the mention of the bot, links and channels as they read on the screen.
 * Mentions of others keep their id, as "@U1": the bot does not ask for the names of people who said nothing to it.
 */
export function readMentionText(text: string, botUserId: string): string {
  return unescaped(
    text
      .replaceAll(new RegExp(`<@${botUserId}(\\|[^>]*)?>[:,]?[ \\t]*`, "g"), "")
      .replaceAll(/<([^<>\s|]+)(?:\|([^<>]*))?>/g, (_token, target: string, label: string | undefined) =>
        tokenInWords(target, label),
      ),
  ).trim();
}

function tokenInWords(target: string, label: string | undefined): string {
  const kind = target[0];
  if (kind === "@") return `@${label || target.slice(1)}`;
  if (kind === "#") return `#${label || target.slice(1)}`;
  if (kind === "!") return specialInWords(target.slice(1), label);
  const address = target.replace(/^mailto:|^tel:/, "");
  // A name that Slack itself made of the address ("example.com" for https://example.com) says nothing more.
  if (!label || address.includes(label)) return address;
  return `${label} (${address})`;
}

function specialInWords(special: string, label: string | undefined): string {
  const [name = "", ...rest] = special.split("^");
  if (label) return name === "subteam" ? `@${label.replace(/^@/, "")}` : label;
  return name === "date" ? (rest[0] ?? "") : `@${name === "subteam" ? (rest[0] ?? "") : name}`;
}

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

/** As Unicode without a variation selector; undefined for a reaction that means nothing to the bot. */
export function emojiOfName(name: string): string | undefined {
  // A skin tone follows the name, as "wave::skin-tone-2".
  const [plain] = name.split("::");
  return Object.entries(NAMES).find(([, known]) => known === plain)?.[0];
}

/** The reaction of a mark. */
export const nameOfMark = (mark: Mark): string => nameOfEmoji(MARK_EMOJI[mark]) ?? "eyes";
