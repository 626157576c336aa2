import { byId, make } from "./elements.js";
import { suggest } from "./suggestions.js";

const TALLEST_PX = 220;

/** Where people write: Enter sends, the arrow keys choose among what fits a command that is being typed. */
export function createComposer({ send, vocabulary }) {
  const form = byId("composer");
  const input = byId("composer-text");
  const list = byId("suggestions");
  const fault = byId("composer-fault");
  let offers = [];
  let chosen = -1;

  const grow = () => {
    input.style.height = "auto";
    input.style.height = `${Math.min(input.scrollHeight, TALLEST_PX)}px`;
  };
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
  const take = (taken) => {
    input.value = taken.text;
    input.focus();
    if (taken.isWhole) close();
    else offer();
  };
  const offer = () => {
    offers = suggest(input.value, vocabulary());
    if (offers.length === 0) return close();
    list.replaceChildren(
      ...offers.map((each, index) => {
        const about = make("span", { className: "quiet" }, each.about);
        const item = make("div", { id: `suggestion-${index}`, role: "option" }, make("span", {}, each.label), about);
        item.addEventListener("pointerdown", (event) => {
          event.preventDefault(); // the focus stays in the text
          take(each);
        });
        return item;
      }),
    );
    chosen = -1;
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    input.removeAttribute("aria-activedescendant");
  };
  const submit = async () => {
    const text = input.value.trim();
    if (text === "") return;
    input.value = "";
    fault.textContent = "";
    close();
    grow();
    try {
      await send(text);
    } catch (error) {
      fault.textContent = error.message;
      if (input.value === "") input.value = text;
      grow();
    }
  };

  input.addEventListener("input", () => {
    grow();
    offer();
  });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const isOpen = offers.length > 0;
    if (isOpen && event.key === "ArrowDown") choose(chosen + 1);
    else if (isOpen && event.key === "ArrowUp") choose(chosen === -1 ? -1 : chosen - 1);
    else if (isOpen && event.key === "Escape") close();
    else if (isOpen && event.key === "Tab" && !event.shiftKey) take(offers[Math.max(chosen, 0)]);
    else if (isOpen && event.key === "Enter" && chosen >= 0) take(offers[chosen]);
    else if (event.key === "Enter" && !event.shiftKey) submit();
    else return;
    event.preventDefault();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  return {
    focus: () => input.focus(),
    showFault(text) {
      fault.textContent = text;
    },
    /** What it can offer has changed. */
    offer() {
      if (document.activeElement === input && chosen === -1 && input.value !== "") offer();
    },
  };
}
