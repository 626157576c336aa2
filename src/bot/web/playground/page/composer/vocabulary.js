import { call } from "/assets/shared/api.js";

/** @import { Vocabulary } from "./suggestions.js" */

/**
 * Commands and models for suggestions and the picker: read when somebody first needs them, and again after a change.
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
