const MOST_RECENT = 5;

/** @param {string} key @returns {readonly string[]} */
const read = (key) => {
  try {
    const list = JSON.parse(localStorage.getItem(key) ?? "[]");
    return Array.isArray(list) ? list.map(String) : [];
  } catch {
    return []; // the next choice writes it again
  }
};

/** Favourite and recently chosen models, as this browser remembers them. */
export const modelMemory = {
  favourites: () => read("favourite models"),
  recent: () => read("recent models"),
  /** @param {string} model */
  toggleFavourite(model) {
    const before = read("favourite models");
    const after = before.includes(model) ? before.filter((each) => each !== model) : [...before, model];
    localStorage.setItem("favourite models", JSON.stringify(after));
  },
  /** @param {string} model */
  noteChosen(model) {
    const recent = [model, ...read("recent models").filter((each) => each !== model)].slice(0, MOST_RECENT);
    localStorage.setItem("recent models", JSON.stringify(recent));
  },
};
