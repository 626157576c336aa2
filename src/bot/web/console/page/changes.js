import { make } from "/assets/shared/elements.js";
import { t } from "/assets/shared/translate.js";

/**
 * @import { CatalogueView } from "./app.js"
 * @typedef {CatalogueView["changes"][number]} Change
 */

const KINDS = /** @type {const} */ ([
  { key: "appeared", sign: "+", words: t`appeared` },
  { key: "returned", sign: "↩", words: t`came back` },
  { key: "left", sign: "−", words: t`left` },
]);

/**
 * Shows which models appeared and left, day by day.
 * @param {HTMLElement} element
 * @param {readonly Change[]} changes
 */
export function showChanges(element, changes) {
  if (changes.length === 0) {
    element.replaceChildren(make("p", { className: "empty" }, t`No list has changed in the last 30 days.`));
    return;
  }
  element.replaceChildren(
    ...changes.map((change) =>
      make(
        "article",
        { className: "change" },
        make("h3", {}, `${change.day} · ${change.provider}`),
        ...KINDS.flatMap((kind) => line(kind, change[kind.key])),
      ),
    ),
  );
}

/**
 * @param {typeof KINDS[number]} kind
 * @param {Change["left"]} change
 */
function line({ sign, words, key }, { models, more }) {
  if (models.length === 0) return [];
  const rest = more === 0 ? "" : t` and ${more} more`;
  return [
    make(
      "p",
      { className: `change-line ${key}` },
      make("span", { className: "change-sign", "aria-hidden": "true" }, sign),
      make("span", {}, `${words}: ${models.join(", ")}${rest}`),
    ),
  ];
}
