import { findModels } from "../model/find-models.js";

const MOST = 8;

/**
 * @import { CommandHint } from "../../routes.js"
 * @import { ListedModel } from "../model/find-models.js"
 * @typedef {{ readonly commands: readonly CommandHint[], readonly models: readonly ListedModel[] }} Vocabulary
 * @typedef {{ text: string, label: string, about: string, isWhole: boolean }} Suggestion
 * @typedef {{ value: string, label: string }} Value
 */

/**
 * What the composer offers for what is typed: commands by their words or letters, then the values of their options.
 * @param {string} text
 * @param {Vocabulary} vocabulary
 * @returns {readonly Suggestion[]}
 */
export function suggest(text, { commands, models }) {
  if (!/^[/!]/.test(text) || text.includes("\n")) return [];
  const sign = text[0] ?? "/";
  const typed = text.slice(1).toLowerCase();
  const command = commands.filter(({ path }) => typed.startsWith(`${path} `)).sort(longestFirst)[0];
  if (command !== undefined) {
    const values = valuesAfter(command, typed.slice(command.path.length + 1), models);
    if (values.length > 0) return values.map((value) => ({ ...value, text: sign + command.path + value.text }));
  }
  return commands
    .filter(({ path }) => path !== typed)
    .map((each) => ({ ...each, rank: rankOf(each.path, typed) }))
    .filter(({ rank }) => rank < NO_MATCH)
    .sort((a, b) => a.rank - b.rank)
    .slice(0, MOST)
    .map(({ path, about }) => ({ text: `${sign}${path} `, label: `${sign}${path}`, about, isWhole: false }));
}

/** @type {(a: { path: string }, b: { path: string }) => number} */
const longestFirst = (a, b) => b.path.length - a.path.length;

const NO_MATCH = 4;

/**
 * How well it fits, 0 is best: its beginning, the beginning of a word, a part, its letters in their order.
 * @param {string} path
 * @param {string} typed
 */
function rankOf(path, typed) {
  if (path.startsWith(typed)) return 0;
  if (path.split(" ").some((word) => word.startsWith(typed))) return 1;
  if (path.includes(typed)) return 2;
  let from = 0;
  for (const letter of typed.replaceAll(" ", "")) {
    from = path.indexOf(letter, from) + 1;
    if (from === 0) return NO_MATCH;
  }
  return NO_MATCH - 1;
}

/**
 * Values of the options that nothing was typed for yet; `text` is what follows the command's path then.
 * @param {CommandHint} command
 * @param {string} typed behind the command and a space
 * @param {readonly ListedModel[]} models
 * @returns {readonly Suggestion[]}
 */
function valuesAfter({ options = [] }, typed, models) {
  const words = typed.split(" ");
  const last = words.pop() ?? "";
  const before = words.length === 0 ? " " : ` ${words.join(" ")} `;
  if (options[0]?.name === "model") {
    const whole = typed.trim();
    return findModels(models, whole)
      .slice(0, MOST)
      .map(({ full, about }) => ({ text: ` ${full}`, label: full, about, isWhole: true }));
  }
  const open = options.filter(({ values }) => !values.some(({ value }) => words.includes(value.toLowerCase())));
  return open
    .flatMap(({ name, values }) => values.map(({ value, label }) => ({ name, value, label })))
    .filter(({ value, label }) => `${value} ${label}`.toLowerCase().includes(last))
    .map(({ name, value, label }) => ({
      text: `${before}${value}`,
      label: value,
      about: label === value ? name : label,
      isWhole: true,
    }));
}
