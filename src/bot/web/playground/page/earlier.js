import { byId } from "/assets/shared/elements.js";
import { t } from "/assets/shared/translate.js";

/** Read before the reader has come to the first message. */
const AHEAD_PX = 600;

/**
 * @import { PublicMessage } from "../message-row.js"
 * @import { Newest } from "./connection.js"
 */

/**
 * The button above the first message: it shows earlier ones when it is pressed or comes near.
 * @param {object} terms
 * @param {HTMLElement} terms.scroller
 * @param {(id: string) => Promise<Newest>} terms.read
 * @param {(messages: readonly PublicMessage[]) => void} terms.show puts them before the first message
 */
export function createEarlier({ scroller, read, show }) {
  const button = byId("earlier");
  /** @type {string | undefined} */
  let before;
  /** @type {string | undefined} */
  let reading;

  /** @param {string | undefined} id */
  const begin = (id) => {
    before = id;
    button.hidden = id === undefined;
    button.textContent = t`Earlier messages`;
  };
  const load = async () => {
    const from = before;
    if (from === undefined || from === reading) return;
    reading = from;
    try {
      const page = await read(from);
      if (before !== from) return; // another channel is shown by now
      const { scrollHeight, scrollTop } = scroller;
      show(page.messages);
      begin(page.before);
      scroller.scrollTop = scrollTop + scroller.scrollHeight - scrollHeight;
    } catch {
      if (before === from) button.textContent = t`Earlier messages could not be read. Try again`;
    } finally {
      if (reading === from) reading = undefined;
    }
  };
  button.addEventListener("click", load);
  new IntersectionObserver(([entry]) => entry?.isIntersecting && load(), {
    root: scroller,
    rootMargin: `${AHEAD_PX}px 0px 0px`,
  }).observe(button);
  return {
    /** Earlier messages than the one with this id are shown on demand; undefined: there are none. */
    begin,
    /** Shows earlier messages until this is so, or there are none. @param {() => boolean} isEnough */
    async loadUntil(isEnough) {
      for (let last = ""; before !== undefined && before !== last && !isEnough(); ) {
        last = before;
        await load();
      }
    },
  };
}
