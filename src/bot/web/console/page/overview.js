import { byId, make } from "/assets/shared/elements.js";
import { agoWords, countdown } from "/assets/shared/time.js";
import { plural, t } from "/assets/shared/translate.js";
import { durationWords } from "./format.js";

/**
 * @import { ConsoleState, SeriesView } from "./app.js"
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

/**
 * What is up, and how the lists are; what is not comes first.
 * @param {ReturnType<typeof import("./providers.js").createProviders>} providers
 */
export function createOverview(providers) {
  /** @type {ConsoleState | undefined} */
  let state;
  /** @type {SeriesView["refreshes"]} */
  let refreshes = [];

  const draw = () => {
    if (state === undefined) return;
    // The bot's own clock: this machine's may differ.
    const now = state.now;
    const cards = [
      botCard(state, now),
      ...state.platforms.map(platformCard),
      storeCard(state.store, now),
      listsCard(state.refresh, now),
    ];
    const isBad = (/** @type {HTMLElement} */ element) => Number(element.classList.contains("is-bad"));
    byId("cards").replaceChildren(...cards.sort((a, b) => isBad(b) - isBad(a)));
    providers.show(state.refresh.providers, refreshes, now);
    showQuotas(state.quotas);
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

/** What is left of the providers' quotas, where any has told. @type {(quotas: ConsoleState["quotas"]) => void} */
function showQuotas(quotas) {
  byId("quotas-frame").hidden = quotas.length === 0;
  const cell = (/** @type {string} */ text) => make("td", {}, text);
  byId("quotas").replaceChildren(
    ...quotas.map(({ mark, name, used, outlook }) =>
      make("tr", {}, make("th", { scope: "row" }, `${mark} ${name}`), cell(used), cell(outlook)),
    ),
  );
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
    t`Bot`,
    true,
    t`Up for ${durationWords(now - startedAt)}`,
    openTurns === 0 ? t`No question is open` : t`${plural(openTurns, "question")} open`,
  );

/**
 * The fault without the name that the card has already.
 * @param {string} fault
 * @param {string} name
 */
const withoutName = (fault, name) =>
  fault.toLowerCase().startsWith(`${name}: `) ? fault.slice(name.length + 2) : fault;

/** @param {ConsoleState["platforms"][number]} platform */
const platformCard = ({ name, fault, workspaces, shares, conversations, questions, failedCalls }) =>
  card(
    NAMES[name] ?? name,
    fault === null,
    fault === null ? t`Connected` : t`Not connected`,
    ...(fault === null ? [] : [withoutName(fault, name)]),
    t`${plural(workspaces, "workspace")}, ${plural(questions, "question")} in
      ${plural(conversations, "conversation")} since the start`,
    ...(shares === null ? [] : [t`All replicas' ${shares}`]),
    ...(failedCalls === 0 ? [] : [t`${plural(failedCalls, "call")} failed`]),
  );

/** @type {(store: ConsoleState["store"], now: number) => HTMLElement} */
const storeCard = ({ kind, isUp, errors, lastErrorAt, warnings }, now) =>
  card(
    t`Store`,
    isUp && warnings.length === 0,
    isUp ? t`${STORES[kind] ?? kind} answers` : t`${STORES[kind] ?? kind} does not answer`,
    errors === 0
      ? t`No call has failed since the start`
      : t`${plural(errors, "call")} failed, the last ${agoWords(lastErrorAt ?? now, now)}`,
    ...warnings.map((warning) => withoutName(warning, "store")),
  );

/** @type {(refresh: ConsoleState["refresh"], now: number) => HTMLElement} */
const listsCard = ({ indicator, line, lastRefreshAt, nextRefreshAt, providers }, now) =>
  card(
    t`Model lists`,
    indicator !== "stale" && !line.includes("failing"),
    plural(
      providers.reduce((sum, { models }) => sum + models, 0),
      "model",
    ),
    line,
    lastRefreshAt === null ? t`Never refreshed` : t`Last refresh ${agoWords(lastRefreshAt, now)}`,
    nextRefreshAt === null ? t`Auto-refresh is off everywhere` : t`Next refresh ${countdown(nextRefreshAt, now)}`,
  );
