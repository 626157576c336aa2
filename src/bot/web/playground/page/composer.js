import { byId, messageOf } from "/assets/shared/elements.js";
import { createListbox } from "./listbox.js";
import { suggest } from "./suggestions.js";

const TALLEST_PX = 220;
const isTouch = () => matchMedia("(pointer: coarse)").matches;

/**
 * @import { Suggestion, Vocabulary } from "./suggestions.js"
 */

/**
 * Where people write: Enter sends, the arrow keys choose among what fits a command that is being typed.
 * @param {{ send(text: string): Promise<void>, vocabulary(): Vocabulary }} terms
 */
export function createComposer({ send, vocabulary }) {
  const form = byId("composer");
  const input = byId("composer-text", HTMLTextAreaElement);
  const fault = byId("composer-fault");
  const list = createListbox({ input, list: byId("suggestions"), announce: byId("composer-news"), onTake: take });

  const grow = () => {
    input.style.height = "auto";
    input.style.height = `${Math.min(input.scrollHeight, TALLEST_PX)}px`;
  };
  const offer = () => list.show(suggest(input.value, vocabulary()));
  /** @param {Suggestion} taken */
  function take(taken) {
    input.value = taken.text;
    input.focus();
    grow();
    if (taken.isWhole) list.close();
    else offer();
  }
  const submit = async () => {
    const text = input.value.trim();
    if (text === "") return;
    input.value = "";
    fault.textContent = "";
    list.close();
    grow();
    try {
      await send(text);
    } catch (error) {
      fault.textContent = `${messageOf(error)} Your text is still here.`;
      if (input.value === "") input.value = text;
      grow();
    }
  };

  input.addEventListener("input", () => {
    grow();
    offer();
  });
  input.addEventListener("blur", list.close);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (!list.take(event)) {
      if (event.key !== "Enter" || event.shiftKey) return;
      submit();
    }
    event.preventDefault();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  return {
    /** Where a keyboard on the screen would come up, the conversation gets the focus instead. */
    focus: () => (isTouch() ? byId("scroller") : input).focus(),
    begin: () => isTouch() || input.focus(),
    /** @param {string} text */
    showFault(text) {
      fault.textContent = text;
    },
    /** What it can offer has changed. */
    offer() {
      if (document.activeElement === input && !list.hasChosen() && input.value !== "") offer();
    },
  };
}
