import { clockWords } from "./time.js";

/** How the lists are, in the words that the bot uses on every platform. */
export const INDICATORS = {
  refreshing: "🔄 Background refresh in progress...",
  fresh: "✓ Auto-refreshed - models up to date",
  stale: "⚠️ Using cached models - refresh recommended",
};

const BUTTON_LABELS = {
  none: "🔄 Refresh Models",
  fresh: "🔄 Refresh (auto-updated)",
  stale: "🔄 Refresh (outdated)",
};

export const INTERVALS = [
  { value: "1", seconds: 60, label: "1 minute (testing)" },
  { value: "3", seconds: 180, label: "3 minutes (active use)" },
  { value: "5", seconds: 300, label: "5 minutes (default)" },
  { value: "10", seconds: 600, label: "10 minutes (light use)" },
  { value: "15", seconds: 900, label: "15 minutes (minimal use)" },
  { value: "smart", seconds: "smart", label: "smart (adapts to use)" },
];

/**
 * What the refresh button says: whether any provider has a list, and whether the lists are fresh.
 * @param {{ isFresh: boolean, providers: readonly { fetchedAt: number | null }[] }} status
 */
export function refreshLabel(status) {
  const hasLists = status.providers.some((provider) => provider.fetchedAt !== null);
  if (!hasLists) return BUTTON_LABELS.none;
  return status.isFresh ? BUTTON_LABELS.fresh : BUTTON_LABELS.stale;
}

/** @type {Readonly<Record<string, string>>} */
const OUTCOMES = {
  ok: "✓",
  timeout: "timed out",
  auth: "refuses its key",
  "rate-limited": "rate-limited",
  http: "answered with an error",
  network: "cannot be reached",
  malformed: "gave no usable list",
  empty: "gave an empty list",
  suspicious: "gave a doubtful list",
};

/** @param {string | null} outcome null where no refresh has ended yet */
export const outcomeWords = (outcome) => (outcome === null ? "not asked yet" : (OUTCOMES[outcome] ?? outcome));

/**
 * Removes the Markdown marks of a short reply, and shows its times as words.
 * @param {string} text
 */
export const plainWords = (text) =>
  text.replaceAll(/[*`]/g, "").replaceAll(/<t:(\d+)(?::\w)?>/g, (_mark, seconds) => clockWords(Number(seconds) * 1000));

/** @type {Readonly<Record<string, string>>} */
const MARK_NAMES = {
  "👀": "working on it",
  "⏳": "waiting in line",
  "✅": "done",
  "⚠️": "incomplete",
  "❌": "failed",
};
/** @param {string} emoji */
export const markName = (emoji) => MARK_NAMES[emoji] ?? "reaction";

/**
 * Whether the bot is still answering the question.
 * @param {readonly string[]} marks
 */
export const isUnderWay = (marks) => marks.includes("👀") || marks.includes("⏳");
