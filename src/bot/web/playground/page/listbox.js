import { make } from "/assets/shared/elements.js";

/**
 * The list under a text field, worked from the keyboard while the focus stays in the text (an ARIA combobox).
 * An offer is `{ label, about, … }`; `onTake` gets the one that was chosen.
 */
export function createListbox({ input, list, announce, onTake }) {
  let offers = [];
  let chosen = -1;

  const close = () => {
    offers = [];
    chosen = -1;
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const choose = (index) => {
    chosen = (index + offers.length) % offers.length;
    for (const [position, item] of [...list.children].entries()) {
      item.setAttribute("aria-selected", String(position === chosen));
    }
    list.children[chosen].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", list.children[chosen].id);
  };
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

  return {
    close,
    isOpen: () => offers.length > 0,
    hasChosen: () => chosen >= 0,
    show(given) {
      if (given.length === 0) return close();
      offers = given;
      chosen = -1;
      list.replaceChildren(...offers.map(itemOf));
      list.hidden = false;
      input.setAttribute("aria-expanded", "true");
      input.removeAttribute("aria-activedescendant");
      if (announce !== undefined)
        announce.textContent = offers.length === 1 ? "1 suggestion" : `${offers.length} suggestions`;
    },
    /** Whether the key was for the list. */
    take({ key, shiftKey }, { takesFirst = false } = {}) {
      if (offers.length === 0) return false;
      if (key === "ArrowDown") choose(chosen + 1);
      else if (key === "ArrowUp") choose(chosen === -1 ? -1 : chosen - 1);
      else if (key === "Escape") close();
      else if (key === "Tab" && !shiftKey && list.dataset.tab !== "leaves") onTake(offers[Math.max(chosen, 0)]);
      else if (key === "Enter" && (chosen >= 0 || takesFirst)) onTake(offers[Math.max(chosen, 0)]);
      else return false;
      return true;
    },
  };
}
