import { timeMark } from "../base/time.js";
import { inLanguage, Phrase, phrase, plural, t } from "../languages/translate.js";
import type { ProviderVariables } from "../providers/provider-definition.js";
import type { Outcome } from "./catalog/catalog-entry.js";
import type { Indicator, ProviderStatus, RefreshResult, RefreshStatus } from "./refresher.js";
import type { IntervalChoice } from "./settings.js";

const INDICATORS: Readonly<Record<Indicator, string>> = {
  refreshing: "🔄 Background refresh in progress...",
  fresh: "✓ Auto-refreshed - models up to date",
  stale: "⚠️ Using cached models - refresh recommended",
};

/** The indicator alone; `indicatorLine` has the whole truth. */
export const indicatorText = (indicator: Indicator): string => INDICATORS[indicator];

/** How many providers are named where none has a list; the others are counted. */
const MAX_NAMED_FAILURES = 3;

/**
 * The one line that says how the lists are, and how many providers fail. Where no provider has a list, it says what is
 * wrong instead of that cached models are used.
 */
export function indicatorLine(status: RefreshStatus): string {
  const failing = providerWarnings(status);
  if (status.hasLists || status.indicator === "refreshing") {
    const many =
      failing.length === 0 ? "" : ` · ${failing.length === 1 ? "1 provider" : `${failing.length} providers`} failing`;
    return `${INDICATORS[status.indicator]}${many}`;
  }
  if (status.providers.length === 0) return t`⚠️ No model list: no provider is configured`;
  if (failing.length === 0) return t`⚠️ No model list yet`;
  const named = failing.slice(0, MAX_NAMED_FAILURES).map((warning) => warning.replace(": ", " "));
  const more = failing.length - named.length;
  return t`⚠️ No model list: ${[...named, ...(more > 0 ? [t`${more} more failing`] : [])].join(", ")}`;
}

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

/** What to do about a refused key, as in `.env`. */
export const keyFix = ({ keyVariable }: ProviderVariables): string =>
  keyVariable === undefined
    ? t`Check its API key, and that its account may use it.`
    : t`Put a valid key into \`${keyVariable}\` in \`.env\`, then restart.`;

/** What to do about an address that leads to no such API. */
export const addressFix = ({ addressVariable }: ProviderVariables): string =>
  addressVariable === undefined
    ? t`Check its base URL.`
    : t`Check the address in \`${addressVariable}\` in \`.env\`, then restart.`;

/** `words` continue "anthropic …"; `hint` says what helps, with the variables where they are known. */
const FAILURES: Readonly<
  Record<Failure, { readonly words: Phrase; readonly hint: Phrase | ((variables: ProviderVariables) => string) }>
> = {
  timeout: {
    words: phrase`timed out`,
    hint: phrase`The network or the provider is slow. It is retried automatically.`,
  },
  auth: { words: phrase`refused the key`, hint: keyFix },
  "rate-limited": {
    words: phrase`hit its rate limit`,
    hint: phrase`Choose a longer interval, or check the account's limits.`,
  },
  http: { words: phrase`answered with an error`, hint: (names) => t`The provider may be down. ${addressFix(names)}` },
  network: { words: phrase`could not be reached`, hint: (names) => t`Check the network. ${addressFix(names)}` },
  malformed: { words: phrase`gave an answer that could not be read`, hint: addressFix },
  empty: {
    words: phrase`answered with an empty list`,
    hint: phrase`Check that its account or endpoint offers any model.`,
  },
  suspicious: {
    words: phrase`gave a list that looks wrong`,
    hint: phrase`The last good list stays in use. Refresh again: a second list that agrees is accepted.`,
  },
};

/** The texts that pages in the browser show too, as data for JSON. */
export const PAGE_TEXTS = {
  buttonLabels: BUTTON_LABELS,
  intervals: INTERVALS,
  /** Words that continue a provider's name, by outcome; "ok" has none. */
  get outcomes(): Readonly<Record<string, string>> {
    return Object.fromEntries(Object.entries(FAILURES).map(([outcome, { words }]) => [outcome, t(words)]));
  },
};

/** What a provider said where more than a limit of a minute is used up. */
const USED_UP: readonly { readonly said: RegExp; readonly words: Phrase; readonly hint: Phrase }[] = [
  {
    said: /account's budget is used up/,
    words: phrase`has no credit left`,
    hint: phrase`Add credit or raise its limit at the provider.`,
  },
  {
    said: /a quota is used up/,
    words: phrase`has used up a quota`,
    hint: phrase`It is retried automatically.`,
  },
];

const usedUp = (outcome: Outcome, lastFailure: string | null | undefined) =>
  outcome === "rate-limited" ? USED_UP.find(({ said }) => said.test(lastFailure ?? "")) : undefined;

/** How an attempt ended, as words that continue a provider's name. */
export function outcomeWords(outcome: Outcome, { failureStatus: status, lastFailure }: FailureWords = {}): string {
  if (outcome === "ok") return t`answered with its list`;
  const words = t((usedUp(outcome, lastFailure) ?? FAILURES[outcome]).words);
  return outcome === "http" && status !== undefined ? `${words} (${status})` : words;
}

/**
 * The providers that need somebody to look after them, a line each that begins with its id: those that refuse their
 * key, have never given a list, or have failed twice in a row.
 */
export const providerWarnings = ({ providers }: RefreshStatus): readonly string[] =>
  providers.flatMap((provider) => {
    const { id, outcome, fetchedAt, consecutiveFailures } = provider;
    if (outcome === null || outcome === "ok") return [];
    const isFailing = outcome === "auth" || fetchedAt === null || consecutiveFailures >= 2;
    return isFailing ? [`${id}: ${outcomeWords(outcome, provider)}`] : [];
  });

/** HTTP statuses for "nothing at this address": the provider itself is up. */
const WRONG_ADDRESS: readonly (number | undefined)[] = [404, 405, 410];

type FailureWords = Partial<Pick<ProviderStatus, "failureStatus" | "lastFailure">>;
type FailureFacts = Pick<ProviderStatus, "outcome"> & FailureWords;

/** Returns what helps against a failure, or undefined where nothing is wrong. */
export function outcomeHint(facts: FailureFacts & ProviderVariables): string | undefined {
  const { outcome, failureStatus, lastFailure = null } = facts;
  if (outcome === null || outcome === "ok") return undefined;
  if (outcome === "http" && WRONG_ADDRESS.includes(failureStatus)) return addressFix(facts);
  const spent = usedUp(outcome, lastFailure);
  if (spent !== undefined) return t(spent.hint);
  const isSaid = (outcome === "http" || outcome === "rate-limited") && reasonText(outcome, lastFailure) !== undefined;
  const { hint } = FAILURES[outcome];
  return isSaid ? t`It is retried automatically.` : hint instanceof Phrase ? t(hint) : hint(facts);
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
  return isTold ? undefined : `${withoutOpening(outcome, lastFailure).replace(/\.$/, "")}.`;
}

/** "groq could not be reached: the connection was refused" → "The connection was refused": the rest is said anyway. */
function withoutOpening(outcome: Outcome | null, failure: string): string {
  if (outcome === null) return failure;
  const opening = new RegExp(`^\\S+ ${inLanguage(undefined, () => outcomeWords(outcome))}(?: \\(\\d+\\))?: `);
  const rest = failure.replace(opening, "");
  return rest === failure ? failure : rest.replace(/^./u, (first) => first.toUpperCase());
}

/** Behind the words for an outcome, where there is no older list; an empty list is one. */
export const noListText = (outcome: Outcome | "skipped"): string => (outcome === "empty" ? "" : t`, no list yet`);

/** Instead of a count of 0: the list came, and what is on it is for something else. */
export function noChatModelText(provider: string, listed?: number): string {
  const none = listed === undefined ? t`no model on it` : t`none of its ${plural(listed, "model")}`;
  return t`its list came, but ${none} is for chat; \`/models use ${provider}/MODEL\` works with any that it has`;
}

/** One provider's line in the answer to a refresh, always in English; `shown` makes a vendor's words safe to show. */
export const describeResult = (result: RefreshResult, shown = (words: string): string => words): string =>
  inLanguage(undefined, () => resultLine(result, shown));

function resultLine(
  { provider, outcome, why, added, gone, entry }: RefreshResult,
  shown: (words: string) => string,
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
    outcome === "skipped" ? `not refreshed${why === undefined ? "" : `: ${why}`}` : outcomeWords(outcome, entry);
  const rest = entry.fetchedAt === null ? noListText(outcome) : `, using the list from ${timeMark(entry.fetchedAt)}`;
  const reason = outcome === "skipped" ? undefined : reasonText(outcome, entry.lastFailure);
  const line = `⚠️ ${provider}: ${words}${rest}`;
  return [line, reason && shown(reason)].filter((part) => part !== undefined).join(". ");
}
