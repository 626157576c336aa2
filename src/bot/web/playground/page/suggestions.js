import { call } from "/assets/shared/api.js";

const MOST = 8;

/**
 * @import { CommandHint } from "../routes.js"
 * @typedef {{ provider: string, id: string, name: string, state: string }} ListedModel
 * @typedef {{ readonly commands: readonly CommandHint[], readonly models: readonly ListedModel[] }} Vocabulary
 * @typedef {{ text: string, label: string, about: string, isWhole: boolean }} Suggestion
 */

/**
 * What the composer offers for what is typed: commands by their words, models after `/models use`.
 * @param {string} text
 * @param {Vocabulary} vocabulary
 * @returns {Suggestion[]}
 */
export function suggest(text, { commands, models }) {
  if (!/^[/!]/.test(text) || text.includes("\n")) return [];
  const sign = text[0];
  const typed = text.slice(1).toLowerCase();
  const wanted = /^(models use|settings model) +(.*)$/.exec(typed);
  if (wanted !== null) {
    return findModels(models, wanted[2] ?? "", MOST).map(({ full, about }) => ({
      text: `${sign}${wanted[1]} ${full}`,
      label: full,
      about,
      isWhole: true,
    }));
  }
  const found = commands.filter(
    ({ path }) => path.startsWith(typed) || path.split(" ").some((word) => word.startsWith(typed)),
  );
  return found
    .filter(({ path }) => path !== typed)
    .slice(0, MOST)
    .map(({ path, about }) => ({ text: `${sign}${path} `, label: `${sign}${path}`, about, isWhole: false }));
}

/** @type {Readonly<Record<string, string>>} */
const STATES = { unlisted: "left its list", retired: "retired", "not-usable-here": "not usable for chat" };

/**
 * Models that have all words of `typed` in their name.
 * @param {readonly ListedModel[]} models
 * @param {string} typed
 * @param {number} most
 */
export function findModels(models, typed, most) {
  const words = typed
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  return models
    .map(({ provider, id, name, state }) => ({
      full: `${provider}/${id}`,
      name: name === id ? "" : name,
      note: STATES[state],
    }))
    .filter(({ full, name }) => words.every((word) => `${full} ${name}`.toLowerCase().includes(word)))
    .slice(0, most)
    .map(({ full, name, note }) => ({ full, about: aboutWords(name, note) }));
}

/**
 * @param {string} name
 * @param {string | undefined} note
 */
const aboutWords = (name, note) => (note === undefined ? name : `${name} (${note})`.trim());

/**
 * Commands and models for the composer's suggestions: read when somebody first types a command, and again after a change.
 * @param {{ onLoaded(): void }} terms
 */
export function createVocabulary({ onLoaded }) {
  /** @type {Vocabulary} */
  let known = { commands: [], models: [] };
  let isCurrent = false;

  async function load() {
    isCurrent = true;
    try {
      const [{ commands }, { models }] = await Promise.all([
        /** @type {Promise<Pick<Vocabulary, "commands">>} */ (call("/api/commands")),
        /** @type {Promise<Pick<Vocabulary, "models">>} */ (call("/api/models")),
      ]);
      known = { commands, models };
      onLoaded();
    } catch {
      isCurrent = false; // the next key tries again
    }
  }
  return {
    current() {
      if (!isCurrent) load();
      return known;
    },
    /** The lists may have changed. */
    expire() {
      isCurrent = false;
    },
  };
}
