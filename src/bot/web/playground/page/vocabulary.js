import { call } from "/assets/shared/api.js";

/** Commands and models for the composer's offers: read when somebody first types a command, and again after a change. */
export function createVocabulary({ onLoaded }) {
  let known = { commands: [], models: [] };
  let isCurrent = false;

  async function load() {
    isCurrent = true;
    try {
      const [{ commands }, { models }] = await Promise.all([call("/api/commands"), call("/api/models")]);
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
