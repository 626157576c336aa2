import { call } from "/assets/shared/api.js";
import { byId, createWindow, make, messageOf } from "/assets/shared/elements.js";
import { agoWords } from "/assets/shared/time.js";
import { plural, t } from "/assets/shared/translate.js";

/**
 * @import { FoundMessage } from "../../routes.js"
 * @typedef {{ results: readonly FoundMessage[], isComplete: boolean }} Found
 */

/**
 * The window that finds messages by their words, in this channel or in all.
 * @param {{ channel(): string, nameOf(channel: string): string, show(channel: string, message: string): void }} terms
 */
export function createSearch({ channel, nameOf, show }) {
  const words = byId("search-words", HTMLInputElement);
  const here = byId("search-here", HTMLInputElement);
  const news = byId("search-news");
  const list = byId("search-results");
  const { open, close } = createWindow("search", { opener: "search-open", onOpen: () => words.select() });

  /** @param {FoundMessage} found */
  const itemOf = ({ channel: place, id, author, at, excerpt }) => {
    const about = `#${nameOf(place)} · ${author === "bot" ? "Evergreen" : t`You`} · ${agoWords(at, Date.now())}`;
    const button = make(
      "button",
      { type: "button", className: "result" },
      make("span", { className: "quiet" }, about),
      make("span", {}, excerpt),
    );
    button.addEventListener("click", () => {
      close();
      show(place, id);
    });
    return make("li", {}, button);
  };
  const search = async () => {
    if (words.value.trim() === "") return;
    news.textContent = t`Searching…`;
    try {
      const query = new URLSearchParams({ words: words.value, ...(here.checked && { channel: channel() }) });
      /** @type {Found} */
      const { results, isComplete } = await call(`/api/search?${query}`);
      const count = plural(results.length, "message");
      news.textContent = isComplete ? count : t`${count}, and perhaps more: type more words.`;
      list.replaceChildren(...results.map(itemOf));
    } catch (error) {
      news.textContent = messageOf(error);
    }
  };
  byId("search-form").addEventListener("submit", (event) => {
    event.preventDefault();
    search();
  });
  here.addEventListener("change", search);
  return { open };
}
