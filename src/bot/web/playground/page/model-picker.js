import { byId } from "/assets/shared/elements.js";
import { agoWords } from "/assets/shared/time.js";
import { createListbox } from "./listbox.js";
import { findModels } from "./suggestions.js";

const MOST = 60;

/**
 * @import { ConversationModel } from "../../../port/platform-definition.js"
 * @import { Vocabulary } from "./suggestions.js"
 */

/**
 * The channel's model above the conversation, and the window in which another one is chosen.
 * @param {{ press(command: string): Promise<void>, vocabulary(): Vocabulary, onClose(): void }} terms
 */
export function createModelPicker({ press, vocabulary, onClose }) {
  const button = byId("model");
  const panel = byId("model-panel", HTMLDialogElement);
  const input = byId("model-search", HTMLInputElement);
  const none = byId("model-none");
  const list = createListbox({ input, list: byId("model-list"), announce: byId("model-news"), onTake: choose });
  /** @type {ConversationModel} */
  let current = { model: null, pin: null };

  const offer = () => {
    const { models } = vocabulary();
    const found = findModels(models, input.value, models.length);
    const inUse = found.filter(({ full }) => full === current.model);
    const others = found.filter(({ full }) => full !== current.model);
    none.hidden = found.length > 0 || models.length === 0; // that there are none is said above
    list.show([
      ...inUse.map(({ full, about }) => ({ full, label: full, about: `${about} · in use`.replace(/^ · /, "") })),
      ...others.slice(0, MOST).map(({ full, about }) => ({ full, label: full, about })),
    ]);
  };
  const close = () => {
    panel.close();
    onClose();
  };
  /** @param {{ full: string, label: string, about: string }} offer */
  function choose({ full }) {
    close();
    if (full !== current.model || current.pin === null) press(`/models use ${full}`);
  }

  button.addEventListener("click", () => {
    input.value = "";
    byId("model-since").textContent = sinceWords(current);
    byId("model-unpin").hidden = current.pin === null;
    panel.showModal();
    offer();
    input.focus();
  });
  input.addEventListener("input", offer);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape" || event.isComposing) return; // closes the window
    if (list.take(event, { takesFirst: true })) event.preventDefault();
  });
  byId("model-unpin").addEventListener("click", () => {
    close();
    press("/models unpin");
  });
  byId("model-close").addEventListener("click", close);
  panel.addEventListener("click", (event) => {
    if (event.target === panel) close(); // its backdrop
  });

  return {
    /** @param {ConversationModel} model */
    show(model) {
      current = model;
      const name = model.model ?? "no model yet";
      byId("model-name").textContent = name;
      byId("model-pin").hidden = model.pin === null;
      button.setAttribute("aria-label", `Model: ${name}${model.pin === null ? "" : ", pinned"}. Change it`);
    },
    /** What can be chosen has changed. */
    offer() {
      if (panel.open && !list.hasChosen()) offer();
    },
  };
}

/** @param {ConversationModel} model */
function sinceWords({ model, pin }) {
  if (model === null) return "No provider has given a list of models yet.";
  if (pin === null) return `${model} is the default; the next message pins it to this channel.`;
  const by = pin.by === null ? "by the channel's first message" : `by ${pin.by}`;
  return `${model} was pinned to this channel ${agoWords(pin.at, Date.now())}, ${by}. Only people change it.`;
}
