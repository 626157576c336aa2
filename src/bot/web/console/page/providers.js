import { byId, make } from "/assets/shared/elements.js";
import { outcomeWords, plainWords } from "/assets/shared/texts.js";
import { agoWords, countdown } from "/assets/shared/time.js";
import { t } from "/assets/shared/translate.js";

/**
 * @import { ConsoleState, SeriesView } from "./app.js"
 * @typedef {ConsoleState["refresh"]["providers"][number]} ProviderStatus
 */

/**
 * The providers, failing ones first, each with what to do and buttons that try it.
 * @param {{ refresh(provider: string): void, check(provider: string): void }} actions
 */
export function createProviders({ refresh, check }) {
  const body = byId("providers");
  body.addEventListener("click", ({ target }) => {
    if (!(target instanceof HTMLElement) || target.dataset.provider === undefined) return;
    if (target.dataset.does === "refresh") refresh(target.dataset.provider);
    else check(target.dataset.provider);
  });
  return {
    /** @type {(providers: readonly ProviderStatus[], refreshes: SeriesView["refreshes"], now: number) => void} */
    show(providers, refreshes, now) {
      const focused = document.activeElement;
      const { provider, does } = focused instanceof HTMLElement && body.contains(focused) ? focused.dataset : {};
      const sorted = [...providers].sort((a, b) => Number(isFailing(b)) - Number(isFailing(a)));
      body.replaceChildren(
        ...(sorted.length === 0
          ? [make("tr", {}, make("td", { colSpan: 7, className: "empty" }, t`No provider is configured.`))]
          : sorted.map((each) => providerRow(each, refreshes, now))),
      );
      // Rows are replaced every few seconds: the focus stays on its button.
      const buttons = /** @type {NodeListOf<HTMLElement>} */ (body.querySelectorAll("button"));
      [...buttons].find(({ dataset }) => dataset.provider === provider && dataset.does === does)?.focus();
    },
  };
}

/** @param {ProviderStatus} provider */
const isFailing = ({ outcome }) => outcome !== null && outcome !== "ok";

/** @type {(provider: ProviderStatus, refreshes: SeriesView["refreshes"], now: number) => HTMLElement} */
function providerRow(provider, refreshes, now) {
  const { id, models, fetchedAt, nextAt, lastChange, lastFailure, fix } = provider;
  /** @type {(text: string, className?: string) => HTMLElement} */
  const cell = (text, className = "") => make("td", { className }, text);
  /** @type {(does: string, words: string) => HTMLElement} */
  const button = (does, words) =>
    make("button", {
      ...{ type: "button", className: "button small", textContent: words },
      ...{ "data-does": does, "data-provider": id, "aria-label": `${words}: ${id}` },
    });
  return make(
    "tr",
    {},
    make("th", { scope: "row" }, id),
    make(
      "td",
      { className: "state" },
      stateBadge(provider),
      ...(lastFailure === null ? [] : [make("p", { className: "about" }, lastFailure)]),
      ...(fix === null ? [] : [make("p", { className: "fix" }, plainWords(fix))]),
      make(
        "div",
        { className: "line" },
        button("refresh", t`Refresh this one`),
        ...(isFailing(provider) ? [button("check", t`Check the key`)] : []),
      ),
    ),
    cell(String(models), "number"),
    cell(fetchedAt === null ? t`no list yet` : agoWords(fetchedAt, now)),
    cell(nextAt === null ? t`off` : countdown(nextAt, now)),
    cell(outcomesOf(id, refreshes)),
    cell(lastChange ? `+${lastChange.added} −${lastChange.gone}, ${agoWords(lastChange.at, now)}` : t`none known`),
  );
}

/** @param {ProviderStatus} provider */
function stateBadge({ outcome, isFresh, isFetching }) {
  if (isFetching) return make("span", { className: "badge" }, "refreshing");
  if (outcome === null) return make("span", { className: "badge" }, t`not asked yet`);
  if (outcome !== "ok") return make("span", { className: "badge bad" }, outcomeWords(outcome));
  return isFresh
    ? make("span", { className: "badge good" }, t`up to date`)
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
  if (counts.size === 0) return t`no refresh`;
  return [...counts]
    .map(([outcome, count]) => `${count} ${outcome === "ok" ? "ok" : outcomeWords(outcome)}`)
    .join(", ");
}
