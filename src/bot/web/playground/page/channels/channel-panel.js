import { byId, createWindow, messageOf } from "/assets/shared/elements.js";
import { t } from "/assets/shared/translate.js";

/**
 * The window in which a channel is renamed or deleted.
 * @param {object} terms
 * @param {() => string} terms.name
 * @param {(name: string) => Promise<void>} terms.rename
 * @param {() => Promise<void>} terms.erase
 * @param {() => void} terms.onClose
 */
export function createChannelPanel({ name, rename, erase, onClose }) {
  const input = byId("channel-rename", HTMLInputElement);
  const fault = byId("channel-panel-fault");
  const question = byId("channel-delete-question");
  const first = byId("channel-delete");

  /** @param {boolean} isAsking */
  const ask = (isAsking) => {
    question.hidden = !isAsking;
    first.hidden = isAsking;
  };
  const { close } = createWindow("channel-panel", {
    opener: "channel-open",
    onOpen() {
      input.value = name();
      fault.textContent = "";
      ask(false);
      input.select();
    },
    onClose,
  });
  /** @param {() => Promise<void>} work */
  const attempt = async (work) => {
    fault.textContent = "";
    try {
      await work();
      close();
    } catch (error) {
      fault.textContent = messageOf(error);
    }
  };

  byId("channel-rename-form").addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(() => rename(input.value));
  });
  first.addEventListener("click", () => {
    byId("channel-delete-words").textContent =
      t`Delete #${name()} and all its messages for everyone? This can't be undone.`;
    ask(true);
    byId("channel-keep").focus();
  });
  byId("channel-keep").addEventListener("click", () => {
    ask(false);
    first.focus();
  });
  byId("channel-delete-sure").addEventListener("click", () => attempt(erase));
}
