import { byId, make } from "/assets/shared/elements.js";
import { outcomeWords, plainWords } from "/assets/shared/texts.js";
import { plural, t } from "/assets/shared/translate.js";

/**
 * @import { StatusView } from "../../../../port/status-view.js"
 * @typedef {StatusView["providers"][number]} Provider
 */

/** @param {Provider} provider */
const isFailing = ({ outcome }) => outcome !== null && outcome !== "ok";

/**
 * Shows the providers in the settings; what is wrong with them also where a model is chosen, and on the first page while
 * there is no model at all.
 * @param {readonly Provider[]} providers
 */
export function showProviders(providers) {
  const failing = providers.filter(isFailing);
  const trouble = byId("model-trouble");
  byId("providers").replaceChildren(...providers.map(providerItem));
  trouble.replaceChildren(...failing.map((each) => make("li", {}, `⚠️ ${each.id} ${troubleWords(each)}`)));
  trouble.hidden = failing.length === 0;
  const checklist = byId("checklist");
  checklist.hidden = providers.length === 0 || failing.length < providers.length;
  byId("welcome-words").hidden = !checklist.hidden;
  checklist.replaceChildren(make("li", {}, t`No provider works yet. What to do:`), ...failing.map(checkItem));
}

/**
 * "refused the key. Put a valid key into …".
 * @param {Provider} provider
 */
const troubleWords = ({ outcome, fix }) => [`${outcomeWords(outcome)}.`, plainWords(fix ?? "")].join(" ").trim();

/** @param {Provider} provider */
const checkItem = (provider) =>
  make("li", {}, make("strong", {}, `✗ ${provider.id}`), make("span", {}, ` ${troubleWords(provider)}`));

/** @param {Provider} provider */
function providerItem(provider) {
  const { id, outcome, models, isFresh } = provider;
  const isGood = outcome === "ok";
  const state = isGood ? (isFresh ? t`up to date` : t`outdated`) : outcomeWords(outcome);
  const count = plural(models, "model");
  const sign = isGood && isFresh ? "✓" : outcome === null ? "–" : "⚠️";
  const fix = isFailing(provider) ? [make("p", { className: "about" }, plainWords(provider.fix ?? ""))] : [];
  return make(
    "li",
    {},
    make("span", {}, `${sign} ${id}`),
    make("span", { className: "quiet" }, `${count}, ${state}`),
    ...fix,
  );
}
