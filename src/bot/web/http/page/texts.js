import { REFRESH_TEXTS } from "/assets/shared/refresh-texts.js";
import { clockWords } from "./time.js";

const { indicators, buttonLabels, intervals, outcomes } = REFRESH_TEXTS;

export const INDICATORS = indicators;

export const INTERVALS = intervals.map(({ value, label }) => ({
  value: String(value),
  seconds: value === "smart" ? value : value * 60,
  label,
}));

/** The refresh button's label: by whether any provider has a list, and whether the lists are fresh. */
export function refreshLabel(status) {
  const hasLists = status.providers.some((provider) => provider.fetchedAt !== null);
  return buttonLabels[!hasLists ? "none" : status.isFresh ? "fresh" : "stale"];
}

/** How the last attempt ended, as words that continue a provider's name. */
export function outcomeWords(outcome) {
  if (outcome === null) return "not asked yet";
  return outcome === "ok" ? "✓" : (outcomes[outcome] ?? outcome);
}

/** The few marks of a reply's Markdown, and its times, as plain words. */
export const plainWords = (text) =>
  text.replaceAll(/[*`]/g, "").replaceAll(/<t:(\d+)(?::\w)?>/g, (_mark, seconds) => clockWords(seconds * 1000));

const MARK_NAMES = {
  "👀": "working on it",
  "⏳": "waiting in line",
  "✅": "done",
  "⚠️": "incomplete",
  "❌": "failed",
};
export const markName = (emoji) => MARK_NAMES[emoji] ?? "reaction";

/** The bot is not done with the question. */
export const isUnderWay = (marks) => marks.includes("👀") || marks.includes("⏳");
