import { make } from "/assets/shared/elements.js";

/**
 * @template T
 * @typedef {object} Listbox
 * @property {() => void} close
 * @property {() => boolean} hasChosen
 * @property {(offers: readonly T[]) => void} show
 * @property {(event: KeyboardEvent, terms?: { takesFirst?: boolean }) => boolean} take whether the key was for the list
 */

/**
 * The list under a text field, worked from the keyboard while the focus stays in the text (an ARIA combobox).
 * @template {{ label: string, about: string }} T
 * @param {object} terms
 * @param {HTMLInputElement | HTMLTextAreaElement} terms.input
 * @param {HTMLElement} terms.list
 * @param {HTMLElement} terms.announce reads out how many there are
 * @param {(offer: T) => void} terms.onTake gets the offer that was chosen
 * @returns {Listbox<T>}
 */
export function createListbox({ input, list, announce, onTake }) {
  /** @type {readonly T[]} */
  let offers = [];
  let chosen = -1;

  const close = () => {
    offers = [];
    chosen = -1;
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  /** @param {number} index */
  const choose = (index) => {
    chosen = (index + offers.length) % offers.length;
    for (const [position, item] of [...list.children].entries()) {
      item.setAttribute("aria-selected", String(position === chosen));
    }
    list.children[chosen]?.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", list.children[chosen]?.id ?? "");
  };
  /** @type {(offer: T, index: number) => HTMLElement} */
  const itemOf = (offer, index) => {
    const about = make("span", { className: "quiet" }, offer.about);
    const properties = { id: `${list.id}-${index}`, role: "option", "aria-selected": "false" };
    const item = make("div", properties, make("span", {}, offer.label), about);
    item.addEventListener("pointerdown", (event) => {
      event.preventDefault(); // the focus stays in the text
      onTake(offer);
    });
    return item;
  };

  const takeChosen = () => {
    const offer = offers[Math.max(chosen, 0)];
    if (offer !== undefined) onTake(offer);
  };

  return {
    close,
    hasChosen: () => chosen >= 0,
    show(given) {
      if (given.length === 0) return close();
      offers = given;
      chosen = -1;
      list.replaceChildren(...offers.map(itemOf));
      list.hidden = false;
      input.setAttribute("aria-expanded", "true");
      input.removeAttribute("aria-activedescendant");
      announce.textContent = offers.length === 1 ? "1 suggestion" : `${offers.length} suggestions`;
    },
    take({ key, shiftKey }, { takesFirst = false } = {}) {
      if (offers.length === 0) return false;
      if (key === "ArrowDown") choose(chosen + 1);
      else if (key === "ArrowUp") choose(chosen === -1 ? -1 : chosen - 1);
      else if (key === "Escape") close();
      else if (key === "Tab" && !shiftKey && list.dataset.tab !== "leaves") takeChosen();
      else if (key === "Enter" && (chosen >= 0 || takesFirst)) takeChosen();
      else return false;
      return true;
    },
  };
}
