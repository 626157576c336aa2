import { make } from "/assets/shared/elements.js";
import { plural } from "/assets/shared/translate.js";

/**
 * @template T
 * @typedef {object} Listbox
 * @property {() => void} close
 * @property {() => boolean} hasChosen
 * @property {(offers: readonly T[]) => void} show
 * @property {(event: KeyboardEvent, terms?: { takesFirst?: boolean }) => boolean} take whether the key was for the list
 */

/**
 * The list under a text field, worked from the keyboard while the focus stays in the text (an ARIA combobox; a field of
 * several lines may not be called one). Offers that name a `group` stand together under its name.
 * @template {{ label: string, about: string, facts?: string, group?: string }} T
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
  /** @type {readonly HTMLElement[]} */
  let items = [];
  let chosen = -1;

  /** @param {boolean} isOpen */
  const setOpen = (isOpen) => {
    list.hidden = !isOpen;
    if (input instanceof HTMLInputElement) input.setAttribute("aria-expanded", String(isOpen));
    input.removeAttribute("aria-activedescendant");
  };
  const close = () => {
    offers = [];
    chosen = -1;
    setOpen(false);
  };
  /** @param {number} index */
  const choose = (index) => {
    items[chosen]?.setAttribute("aria-selected", "false");
    chosen = (index + offers.length) % offers.length;
    items[chosen]?.setAttribute("aria-selected", "true");
    items[chosen]?.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", items[chosen]?.id ?? "");
  };
  /** @type {(offer: T, index: number) => HTMLElement} */
  const itemOf = (offer, index) => {
    const item = make(
      "div",
      { id: `${list.id}-${index}`, role: "option", "aria-selected": "false" },
      make("span", {}, offer.label),
      make("span", { className: "quiet" }, offer.about),
      ...(offer.facts === undefined ? [] : [make("span", { className: "quiet" }, offer.facts)]),
    );
    item.addEventListener("pointerdown", (event) => {
      event.preventDefault(); // the focus stays in the text
    });
    item.addEventListener("click", () => onTake(offer));
    return item;
  };
  /** Items under the names of their groups, in the order of the offers. */
  const withGroups = () => {
    /** @type {Map<string, HTMLElement>} */
    const groups = new Map();
    return items.flatMap((item, index) => {
      const name = offers[index]?.group;
      if (name === undefined) return [item];
      const known = groups.get(name);
      const title = make("span", { className: "group-name", "aria-hidden": "true" }, name);
      const group = known ?? make("div", { role: "group", "aria-label": name }, title);
      groups.set(name, group);
      group.append(item);
      return known === undefined ? [group] : [];
    });
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
      items = offers.map(itemOf);
      list.replaceChildren(...withGroups());
      list.scrollTop = 0;
      setOpen(true);
      announce.textContent = plural(offers.length, "suggestion");
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
