import { MARK_EMOJI, type Mark } from "../../port/platform.js";

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
