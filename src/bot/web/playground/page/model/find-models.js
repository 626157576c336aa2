import { LANGUAGE, t } from "/assets/shared/translate.js";

/**
 * @import { ModelsView } from "../../../../port/status-view.js"
 * @typedef {Omit<ModelsView["models"][number], "facts"> & Partial<Pick<ModelsView["models"][number], "facts">>} ListedModel
 * @typedef {NonNullable<ListedModel["facts"]>} Facts
 * @typedef {{ provider: string, full: string, about: string, facts: string }} FoundModel
 */

/** @type {Readonly<Record<string, string>>} */
const STATES = { unlisted: t`no longer listed`, retired: t`retired`, "not-usable-here": t`not usable for chat` };

/**
 * Models that have all words of `typed` in their name.
 * @param {readonly ListedModel[]} models
 * @param {string} typed
 * @returns {readonly FoundModel[]}
 */
export function findModels(models, typed) {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  return models
    .filter(({ provider, id, name }) => {
      const text = `${provider}/${id} ${name}`.toLowerCase();
      return words.every((word) => text.includes(word));
    })
    .map(({ provider, id, name, state, facts }) => ({
      provider,
      full: `${provider}/${id}`,
      about: [name === id ? "" : name, STATES[state] === undefined ? "" : `(${STATES[state]})`].join(" ").trim(),
      facts: facts === undefined ? "" : factWords(facts),
    }));
}

const compact = new Intl.NumberFormat(LANGUAGE, { notation: "compact", maximumFractionDigits: 1 });

/**
 * "400K context · $1.25 in, $10 out · 👁 images"; unknown facts are left out.
 * @param {Facts} facts
 */
export const factWords = ({ contextTokens, inputPrice, outputPrice, takesImages }) =>
  [
    ...(contextTokens === null ? [] : [t`${compact.format(contextTokens)} context`]),
    ...(inputPrice === null || outputPrice === null ? [] : [priceWords(inputPrice, outputPrice)]),
    ...(takesImages === true ? [t`👁 images`] : []),
  ].join(" · ");

/** @type {(input: number, output: number) => string} */
const priceWords = (input, output) =>
  input === 0 && output === 0 ? t`free` : t`${dollars(input)} in, ${dollars(output)} out`;

/**
 * US dollars with as many digits as the amount needs.
 * @param {number} amount
 */
export const dollars = (amount) =>
  `$${Number(amount.toPrecision(2)) >= 1 ? Number(amount.toFixed(2)) : Number(amount.toPrecision(2))}`;
