import { byId, createWindow } from "/assets/shared/elements.js";
import { agoWords } from "/assets/shared/time.js";
import { LANGUAGE, plural, t } from "/assets/shared/translate.js";
import { createListbox } from "../composer/listbox.js";
import { factWords, findModels } from "./find-models.js";
import { modelMemory } from "./model-memory.js";

const MOST = 60;

/**
 * @import { ConversationModel } from "../../../../port/conversation-facts.js"
 * @import { Vocabulary } from "../composer/suggestions.js"
 * @import { FoundModel, ListedModel } from "./find-models.js"
 * @typedef {FoundModel & { label: string, group: string }} Offer
 * @typedef {{ title: string, about: string, choose(model: string): void }} Purpose
 */

/**
 * The channel's model in the bar, and the window in which a model is chosen: for the channel, or for another purpose.
 * @param {{ run(command: string): Promise<void>, vocabulary(): Vocabulary, onClose(): void }} terms
 */
export function createModelPicker({ run, vocabulary, onClose }) {
  const button = byId("model");
  const input = byId("model-search", HTMLInputElement);
  const none = byId("model-none");
  const news = byId("model-news");
  const unpin = byId("model-unpin");
  const favourite = byId("model-favourite");
  const list = createListbox({ input, list: byId("model-list"), announce: byId("composer-news"), onTake: choose });
  const { panel, open, close } = createWindow("model-panel", { onClose });
  /** @type {ConversationModel} */
  let current = { model: null, pin: null };
  /** @type {Purpose | undefined} */
  let purpose;

  const offer = () => {
    const { models } = vocabulary();
    const found = findModels(newestFirst(models), input.value);
    const shown = grouped(found, purpose === undefined ? current.model : null).slice(0, MOST);
    none.hidden = found.length > 0 || models.length === 0; // that there are none is said above
    news.textContent = countWords(shown.length, found.length, models.length);
    list.show(shown);
  };
  const drawFavourite = () => {
    const isOne = current.model !== null && modelMemory.favourites().includes(current.model);
    favourite.setAttribute("aria-pressed", String(isOne));
    favourite.textContent = isOne ? t`★ Favourite` : t`☆ Favourite`;
  };
  /** @param {Offer} offer */
  function choose({ full }) {
    const { choose: chooseFor } = purpose ?? {};
    close();
    modelMemory.noteChosen(full);
    if (chooseFor !== undefined) chooseFor(full);
    else if (full !== current.model || current.pin === null) run(`/models use ${full}`);
  }
  /** @param {Purpose} [wanted] */
  const show = (wanted) => {
    purpose = wanted;
    input.value = "";
    byId("model-panel-title").textContent = wanted?.title ?? t`Model of this channel`;
    byId("model-since").textContent = wanted?.about ?? sinceWords(current);
    unpin.hidden = wanted !== undefined || current.pin === null;
    favourite.hidden = wanted !== undefined || current.model === null;
    drawFavourite();
    open();
    offer();
    input.focus();
  };

  button.addEventListener("click", () => show());
  input.addEventListener("input", offer);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape" || event.isComposing) return; // closes the window
    if (list.take(event, { takesFirst: true })) event.preventDefault();
  });
  unpin.addEventListener("click", () => {
    close();
    run("/models unpin");
  });
  favourite.addEventListener("click", () => {
    if (current.model !== null) modelMemory.toggleFavourite(current.model);
    drawFavourite();
    offer();
  });

  return {
    open: show,
    imageWarning: () =>
      current.facts?.takesImages === false
        ? t`${current.model} can't read images. Choose a model with 👁, or send the question without them.`
        : undefined,
    /** @param {ConversationModel} model */
    show(model) {
      current = model;
      const name = model.model ?? t`no model yet`;
      const slash = name.indexOf("/");
      byId("model-name").textContent = name.slice(slash + 1);
      const facts = model.facts === undefined ? "" : factWords(model.facts);
      byId("model-facts").textContent = [slash === -1 ? "" : name.slice(0, slash), facts].filter(Boolean).join(" · ");
      byId("model-pin").hidden = model.pin === null;
      button.setAttribute("aria-label", t`Model: ${name}${model.pin === null ? "" : t`, pinned`}. Change it`);
    },
    /** What can be chosen has changed. */
    offer() {
      if (panel.open && !list.hasChosen()) offer();
    },
  };
}

/** @type {(shown: number, found: number, all: number) => string} */
function countWords(shown, found, all) {
  if (all === 0) return t`No provider has given a list of models yet.`;
  if (shown < found) return t`${shown} of ${found.toLocaleString(LANGUAGE)} models: type more to see others.`;
  return plural(found, "model");
}

/**
 * Within each provider; a model without a date stays where its list has it, behind those with one.
 * @param {readonly ListedModel[]} models
 */
const newestFirst = (models) => [...models].sort((a, b) => (b.releasedAt ?? 0) - (a.releasedAt ?? 0));

/**
 * The model in use, favourites and recent ones first, then by provider.
 * @param {readonly FoundModel[]} found
 * @param {string | null} inUse
 * @returns {readonly Offer[]}
 */
function grouped(found, inUse) {
  const favourites = modelMemory.favourites();
  const recent = modelMemory.recent();
  /** @param {FoundModel} model */
  const rankOf = ({ full }) => (full === inUse ? 0 : favourites.includes(full) ? 1 : recent.includes(full) ? 2 : 3);
  const providers = [...new Set(found.map(({ provider }) => provider))];
  return found
    .map((model) => {
      const rank = rankOf(model);
      const sign = favourites.includes(model.full) ? "★ " : "";
      const about = rank === 0 ? t`${model.about} · in use`.replace(/^ · /, "") : model.about;
      const group = rank === 0 ? t`In use` : rank === 3 ? model.provider : t`Favourites and recent`;
      return { ...model, about, group, label: sign + model.full, rank, place: providers.indexOf(model.provider) };
    })
    .sort((a, b) => a.rank - b.rank || (a.rank === 3 ? a.place - b.place : 0));
}

/** @param {ConversationModel} model */
function sinceWords({ model, pin }) {
  if (model === null) return t`No provider has given a list of models yet.`;
  if (pin === null) return t`${model} is the default; the next message pins it to this channel.`;
  const by = pin.by === null ? t`by the channel's first message` : t`by ${pin.by}`;
  return t`${model} was pinned to this channel ${agoWords(pin.at, Date.now())}, ${by}. Only people can change it.`;
}
