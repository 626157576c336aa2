import { LANGUAGE, MESSAGES } from "/assets/shared/messages.js";

export { LANGUAGE };

/** @param {string} text @param {readonly unknown[]} values */
const filled = (text, values) => text.replace(/\{(\d+)\}/g, (_mark, index) => String(values[Number(index)]));

/**
 * Writes a text in the page's language, as `src/languages/translate.ts` does for the bot: t`Stopped by ${name}.`
 * @param {TemplateStringsArray | string} text
 * @param {...unknown} values
 */
export function t(text, ...values) {
  if (typeof text === "string") return MESSAGES[text] || text;
  const key = text
    .map((part) => part.replace(/\n {2,}/g, " "))
    .reduce((sum, part, index) => `${sum}{${index - 1}}${part}`);
  return filled(MESSAGES[key] || key, values);
}

/**
 * "1 model", "2 models", "0 models".
 * @param {number} count
 * @param {string} one
 * @param {string} [many]
 */
export function plural(count, one, many = `${one}s`) {
  const rules = new Intl.PluralRules(LANGUAGE);
  const key = `{0} ${one}|{0} ${many}`;
  const forms = (MESSAGES[key] || key).split("|");
  // The forms stand in CLDR's order; for English and German that is one, other.
  const index = PLURAL_ORDER.filter((each) => rules.resolvedOptions().pluralCategories.includes(each)).indexOf(
    rules.select(count),
  );
  return filled(forms[index] ?? forms.at(-1) ?? "", [count.toLocaleString(LANGUAGE)]);
}

/** @type {Intl.LDMLPluralRule[]} */
const PLURAL_ORDER = ["zero", "one", "two", "few", "many", "other"];
