import { PAGE_TEXTS } from "/assets/shared/refresh-texts.js";
import { clockWords } from "./time.js";
import { t } from "./translate.js";

const { buttonLabels, intervals } = PAGE_TEXTS;
/** @type {Readonly<Record<string, string>>} */
const outcomes = PAGE_TEXTS.outcomes;

export const INTERVALS = intervals.map(({ value, label }) => ({
  value: String(value),
  seconds: value === "smart" ? value : value * 60,
  label,
}));

/**
 * The refresh button's label: by whether any provider has a list, and whether the lists are fresh.
 * @param {{ isFresh: boolean, providers: readonly { fetchedAt: number | null }[] }} status
 */
export function refreshLabel(status) {
  const hasLists = status.providers.some((provider) => provider.fetchedAt !== null);
  return buttonLabels[!hasLists ? "none" : status.isFresh ? "fresh" : "stale"];
}

/**
 * How the last attempt ended, as words that continue a provider's name.
 * @param {string | null} outcome null where no attempt has ended yet
 */
export function outcomeWords(outcome) {
  if (outcome === null) return t`not asked yet`;
  return outcome === "ok" ? "✓" : (outcomes[outcome] ?? outcome);
}

/**
 * Removes the Markdown marks of a short reply, and shows its times as words.
 * @param {string} text
 */
export const plainWords = (text) =>
  text
    .replaceAll(/\\([\p{P}\p{S}])|[*`]/gu, (_mark, escaped) => escaped ?? "")
    .replaceAll(/<t:(\d+)(?::\w)?>/g, (_mark, seconds) => clockWords(Number(seconds) * 1000));

/** @type {Readonly<Record<string, string>>} */
const MARK_NAMES = {
  "👀": t`working on it`,
  "⏳": t`waiting in line`,
  "✅": t`done`,
  "⚠️": t`incomplete`,
  "❌": t`failed`,
};
/** @param {string} emoji */
export const markName = (emoji) => MARK_NAMES[emoji] ?? t`reaction`;

/**
 * Whether the bot is still answering the question.
 * @param {readonly string[]} marks
 */
export const isUnderWay = (marks) => marks.includes("👀") || marks.includes("⏳");
