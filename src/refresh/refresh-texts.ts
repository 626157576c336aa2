import { plural } from "../base/text.js";
import { timeMark } from "../base/time.js";
import type { Outcome } from "./catalog/catalog-types.js";
import type { Indicator, RefreshResult, RefreshStatus } from "./refresher.js";
import type { IntervalChoice } from "./settings.js";

const INDICATORS: Readonly<Record<Indicator, string>> = {
  refreshing: "🔄 Background refresh in progress...",
  fresh: "✓ Auto-refreshed - models up to date",
  stale: "⚠️ Using cached models - refresh recommended",
};

/** The one line that says how the lists are. */
export const indicatorText = (indicator: Indicator): string => INDICATORS[indicator];

const BUTTON_LABELS = {
  none: "🔄 Refresh Models",
  fresh: "🔄 Refresh (auto-updated)",
  stale: "🔄 Refresh (outdated)",
};

/** The refresh button's label; while a refresh runs, the one that it would have without it. */
export const refreshLabel = ({ hasLists, isFresh }: Pick<RefreshStatus, "hasLists" | "isFresh">): string =>
  BUTTON_LABELS[!hasLists ? "none" : isFresh ? "fresh" : "stale"];

/** The intervals that people can choose, in the order in which they are offered. */
export const INTERVALS: readonly { readonly value: IntervalChoice; readonly label: string }[] = [
  { value: 1, label: "1 minute (testing)" },
  { value: 3, label: "3 minutes (active use)" },
  { value: 5, label: "5 minutes (default)" },
  { value: 10, label: "10 minutes (light use)" },
  { value: 15, label: "15 minutes (minimal use)" },
  { value: "smart", label: "smart (adapts to use)" },
];

type Failure = Exclude<Outcome, "ok">;

/** `words` continue "anthropic …"; `hint` says what helps. */
const FAILURES: Readonly<Record<Failure, { readonly words: string; readonly hint: string }>> = {
  timeout: { words: "timed out", hint: "The network or the provider is slow; it is tried again by itself." },
  auth: { words: "refused the key", hint: "Check its API key, and that its account may use it." },
  "rate-limited": { words: "hit its rate limit", hint: "Choose a longer interval, or check the account's limits." },
  http: { words: "answered with an error", hint: "The provider may be down, or its base URL wrong." },
  network: { words: "could not be reached", hint: "Check the network, and the provider's base URL." },
  malformed: { words: "gave an answer that could not be read", hint: "Check that its base URL leads to an API." },
  empty: { words: "answered with an empty list", hint: "Check that its account or endpoint offers any model." },
  suspicious: {
    words: "gave a list that looks wrong",
    hint: "The last good list stays; refresh again: if the answer agrees, it counts.",
  },
};

/** The texts that pages in the browser show too, as data for JSON. */
export const PAGE_TEXTS = {
  indicators: INDICATORS,
  buttonLabels: BUTTON_LABELS,
  intervals: INTERVALS,
  /** Words that continue a provider's name, by outcome; "ok" has none. */
  outcomes: Object.fromEntries(Object.entries(FAILURES).map(([outcome, { words }]) => [outcome, words])),
};

/** How an attempt ended, as words that continue a provider's name; `status`: HTTP's, where it failed with one. */
export function outcomeWords(outcome: Outcome, status?: number): string {
  if (outcome === "ok") return "answered with its list";
  const { words } = FAILURES[outcome];
  return outcome === "http" && status !== undefined ? `${words} (${status})` : words;
}

/**
 * The providers that need somebody to look after them, a line each that begins with its id: those that refuse their
 * key, have never given a list, or have failed twice in a row.
 */
export const providerWarnings = ({ providers }: RefreshStatus): readonly string[] =>
  providers.flatMap(({ id, outcome, failureStatus, fetchedAt, consecutiveFailures }) => {
    if (outcome === null || outcome === "ok") return [];
    const isFailing = outcome === "auth" || fetchedAt === null || consecutiveFailures >= 2;
    return isFailing ? [`${id}: ${outcomeWords(outcome, failureStatus)}`] : [];
  });

/** HTTP statuses for "nothing at this address": the provider itself is up. */
const WRONG_ADDRESS: readonly (number | undefined)[] = [404, 405, 410];

/** What helps against it; undefined where nothing is wrong, or where the vendor's own words say it. */
export function outcomeHint(outcome: Outcome | null, status?: number, lastFailure: string | null = null) {
  if (outcome === null || outcome === "ok") return undefined;
  if (outcome === "http" && WRONG_ADDRESS.includes(status)) return "Check its base URL.";
  const isSaid = (outcome === "http" || outcome === "rate-limited") && reasonText(outcome, lastFailure) !== undefined;
  return isSaid ? "It is tried again by itself." : FAILURES[outcome].hint;
}

/**
 * What a failure says beyond its outcome: the vendor's own words, or another phrase than the one that is shown
 * anyway.
 */
const SAYS_MORE = /: \S|still loading|overloaded|used up|too little memory|does not let/;

/** What was wrong with the answer, where the outcome alone does not tell; undefined where it does. */
export function reasonText(outcome: Outcome | null, lastFailure: string | null): string | undefined {
  if (lastFailure === null || outcome === "timeout" || outcome === "auth" || outcome === "empty") return undefined;
  const isTold = (outcome === "http" || outcome === "rate-limited") && !SAYS_MORE.test(lastFailure);
  return isTold ? undefined : `${lastFailure.replace(/\.$/, "")}.`;
}

/** Behind the words for an outcome, where there is no older list; an empty list is one. */
export const noListText = (outcome: Outcome | "skipped"): string => (outcome === "empty" ? "" : ", no list yet");

/** Instead of a count of 0: the list came, and what is on it is for something else. */
export function noChatModelText(provider: string, listed?: number): string {
  const none = listed === undefined ? "no model on it" : `none of its ${plural(listed, "model")}`;
  return `its list came, but ${none} is for chat; \`/models use ${provider}/MODEL\` takes any that it has`;
}

/** One provider's line in the answer to a refresh; `shown` makes a vendor's words safe to show. */
export function describeResult(
  { provider, outcome, why, added, gone, entry }: RefreshResult,
  shown: (words: string) => string = (words) => words,
): string {
  if (outcome === "ok") {
    const count = entry.models.filter((model) => model.isChat).length;
    const dropped = entry.droppedRows ?? 0;
    const changes = [
      added > 0 ? `+${added} new` : "",
      gone > 0 ? `${gone} gone` : "",
      dropped > 0 ? `${dropped} without a usable id left out` : "",
    ].filter((part) => part !== "");
    const bracket = changes.length > 0 ? ` (${changes.join(", ")})` : "";
    if (count === 0) return `⚠️ ${provider}: ${noChatModelText(provider, entry.models.length)}`;
    return `✓ ${provider}: ${plural(count, "model")}${bracket}`;
  }
  const words =
    outcome === "skipped"
      ? `not refreshed${why === undefined ? "" : `: ${why}`}`
      : outcomeWords(outcome, entry.failureStatus);
  const rest = entry.fetchedAt === null ? noListText(outcome) : `, using the list from ${timeMark(entry.fetchedAt)}`;
  const reason = outcome === "skipped" ? undefined : reasonText(outcome, entry.lastFailure);
  const line = `⚠️ ${provider}: ${words}${rest}`;
  return [line, reason && shown(reason)].filter((part) => part !== undefined).join(". ");
}
