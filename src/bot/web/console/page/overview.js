import { byId, make } from "/assets/shared/elements.js";
import { outcomeWords } from "/assets/shared/texts.js";
import { agoWords, countdown } from "/assets/shared/time.js";
import { countWords, durationWords } from "./format.js";

/**
 * @import { ConsoleState, SeriesView } from "./app.js"
 * @typedef {ConsoleState["refresh"]["providers"][number]} ProviderStatus
 */

/** @type {Readonly<Record<string, string>>} */
const NAMES = { discord: "Discord", slack: "Slack", playground: "Playground" };
/** @type {Readonly<Record<string, string>>} */
const STORES = {
  sqlite: "SQLite",
  redis: "Redis",
  rediss: "Redis (TLS)",
  postgres: "PostgreSQL",
  postgresql: "PostgreSQL",
};

/** What is up, and how the lists are. */
export function createOverview() {
  /** @type {ConsoleState | undefined} */
  let state;
  /** @type {SeriesView["refreshes"]} */
  let refreshes = [];

  const draw = () => {
    if (state === undefined) return;
    // The bot's own clock: this machine's may differ.
    const now = state.now;
    byId("cards").replaceChildren(
      botCard(state, now),
      ...state.platforms.map(platformCard),
      storeCard(state.store, now),
      listsCard(state.refresh, now),
    );
    const { providers } = state.refresh;
    byId("providers").replaceChildren(
      ...(providers.length === 0
        ? [make("tr", {}, make("td", { colSpan: 7, className: "empty" }, "No provider is configured."))]
        : providers.map((provider) => providerRow(provider, refreshes, now))),
    );
  };
  return {
    /** @param {ConsoleState} given */
    showState(given) {
      state = given;
      draw();
    },
    /** @param {SeriesView["refreshes"]} given */
    showRefreshes(given) {
      refreshes = given;
      draw();
    },
  };
}

/** @type {(title: string, isGood: boolean, headline: string, ...lines: string[]) => HTMLElement} */
function card(title, isGood, headline, ...lines) {
  const sign = make(
    "span",
    { className: isGood ? "sign good" : "sign bad", "aria-hidden": "true" },
    isGood ? "✓" : "!",
  );
  return make(
    "article",
    { className: isGood ? "card" : "card is-bad" },
    make("h3", {}, sign, title),
    make("p", { className: "headline" }, headline),
    ...lines.map((line) => make("p", { className: "about" }, line)),
  );
}

/** @type {(state: ConsoleState, now: number) => HTMLElement} */
const botCard = ({ startedAt, openTurns }, now) =>
  card(
    "Bot",
    true,
    `Up for ${durationWords(now - startedAt)}`,
    openTurns === 0 ? "No question is open" : `${countWords(openTurns, "question")} open`,
  );

/**
 * The fault without the name that the card has already.
 * @param {string} fault
 * @param {string} name
 */
const withoutName = (fault, name) =>
  fault.toLowerCase().startsWith(`${name}: `) ? fault.slice(name.length + 2) : fault;

/** @param {ConsoleState["platforms"][number]} platform */
const platformCard = ({ name, fault, workspaces, conversations, questions, failedCalls }) =>
  card(
    NAMES[name] ?? name,
    fault === null,
    fault === null ? "Connected" : "Not connected",
    ...(fault === null ? [] : [withoutName(fault, name)]),
    `${countWords(workspaces, "workspace")}, ${countWords(questions, "question")} in ${countWords(conversations, "conversation")} since the start`,
    ...(failedCalls === 0 ? [] : [`${countWords(failedCalls, "call")} failed`]),
  );

/** @type {(store: ConsoleState["store"], now: number) => HTMLElement} */
const storeCard = ({ kind, isUp, errors, lastErrorAt, warnings }, now) =>
  card(
    "Store",
    isUp && warnings.length === 0,
    isUp ? `${STORES[kind] ?? kind} answers` : `${STORES[kind] ?? kind} does not answer`,
    errors === 0
      ? "No call has failed since the start"
      : `${countWords(errors, "call")} failed, the last ${agoWords(lastErrorAt ?? now, now)}`,
    ...warnings.map((warning) => withoutName(warning, "store")),
  );

/** @type {(refresh: ConsoleState["refresh"], now: number) => HTMLElement} */
const listsCard = ({ indicator, lastRefreshAt, nextRefreshAt, providers }, now) =>
  card(
    "Model lists",
    indicator !== "stale",
    countWords(
      providers.reduce((sum, { models }) => sum + models, 0),
      "model",
    ),
    lastRefreshAt === null ? "Never refreshed" : `Last refresh ${agoWords(lastRefreshAt, now)}`,
    nextRefreshAt === null ? "Auto-refresh is off everywhere" : `Next refresh ${countdown(nextRefreshAt, now)}`,
  );

/** @type {(provider: ProviderStatus, refreshes: SeriesView["refreshes"], now: number) => HTMLElement} */
function providerRow(provider, refreshes, now) {
  const { id, models, fetchedAt, nextAt, lastChange } = provider;
  /** @type {(text: string, className?: string) => HTMLElement} */
  const cell = (text, className = "") => make("td", { className }, text);
  return make(
    "tr",
    {},
    make("th", { scope: "row" }, id),
    make(
      "td",
      {},
      stateBadge(provider),
      ...(provider.lastFailure === null ? [] : [make("p", { className: "about" }, provider.lastFailure)]),
    ),
    cell(String(models), "number"),
    cell(fetchedAt === null ? "no list yet" : agoWords(fetchedAt, now)),
    cell(nextAt === null ? "off" : countdown(nextAt, now)),
    cell(outcomesOf(id, refreshes)),
    cell(lastChange ? `+${lastChange.added} −${lastChange.gone}, ${agoWords(lastChange.at, now)}` : "none known"),
  );
}

/** @param {ProviderStatus} provider */
function stateBadge({ outcome, isFresh, isFetching }) {
  if (isFetching) return make("span", { className: "badge" }, "refreshing");
  if (outcome === null) return make("span", { className: "badge" }, "not asked yet");
  if (outcome !== "ok") return make("span", { className: "badge bad" }, outcomeWords(outcome));
  return isFresh
    ? make("span", { className: "badge good" }, "up to date")
    : make("span", { className: "badge bad" }, "outdated");
}

/**
 * "34 ok, 2 timed out".
 * @param {string} id
 * @param {SeriesView["refreshes"]} refreshes
 */
function outcomesOf(id, refreshes) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { provider, outcome } of refreshes)
    if (provider === id) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  if (counts.size === 0) return "no refresh";
  return [...counts]
    .map(([outcome, count]) => `${count} ${outcome === "ok" ? "ok" : outcomeWords(outcome)}`)
    .join(", ");
}
