import { byId } from "/assets/shared/elements.js";
import { t } from "/assets/shared/translate.js";

/**
 * @import { ConversationModel } from "../../../../port/conversation-facts.js"
 */

/**
 * The settings besides those of the model lists: of this page, this channel and all channels.
 * @param {object} terms
 * @param {(command: string) => Promise<void>} terms.change runs a command and shows in the panel what came of it
 * @param {(command: string) => void} terms.run runs a command whose reply is a card
 * @param {(choose: (model: string) => void) => void} terms.pickModel
 */
export function createSettingsPanel({ change, run, pickModel }) {
  const theme = byId("theme", HTMLSelectElement);
  const system = byId("system", HTMLTextAreaElement);
  const newModel = byId("new-model");
  /** @type {ConversationModel["settings"]} */
  let settings;

  const draw = () => {
    if (settings === undefined) return;
    for (const { input, isOn } of switches) input.checked = isOn(settings);
    if (document.activeElement !== system) system.value = settings.system ?? "";
    newModel.textContent = settings.newModel ?? t`The host’s default`;
  };
  /** @type {(id: string, command: string, isOn: (now: NonNullable<ConversationModel["settings"]>) => boolean) => { input: HTMLInputElement, isOn: typeof isOn }} */
  const switchOf = (id, command, isOn) => {
    const input = byId(id, HTMLInputElement);
    input.addEventListener("change", async () => {
      await change(`${command} ${input.checked ? "on" : "off"}`);
      draw();
    });
    return { input, isOn };
  };
  const switches = [
    switchOf("reasoning", "/chat reasoning", ({ showsReasoning }) => showsReasoning),
    switchOf("footer", "/settings footer", ({ footer }) => footer),
  ];

  theme.value = localStorage.getItem("theme") ?? "";
  theme.addEventListener("change", () => {
    localStorage.setItem("theme", theme.value);
    document.documentElement.dataset.theme = theme.value;
  });
  byId("system-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = system.value.trim();
    change(text === "" ? "/chat system default" : `/chat system ${text}`);
  });
  newModel.addEventListener("click", () => pickModel((model) => change(`/settings model ${model}`)));
  byId("access").addEventListener("click", () => run("/settings access"));

  return {
    /** @param {ConversationModel} model */
    show(model) {
      settings = model.settings;
      draw();
    },
  };
}
