import { byId } from "/assets/shared/elements.js";

/** The window in which a channel gets another name, or goes. */
export function createChannelPanel({ name, rename, erase, onClose }) {
  const panel = byId("channel-panel");
  const input = byId("channel-rename");
  const fault = byId("channel-panel-fault");
  const question = byId("channel-delete-question");
  const first = byId("channel-delete");

  const ask = (isAsking) => {
    question.hidden = !isAsking;
    first.hidden = isAsking;
  };
  const close = () => {
    panel.close();
    onClose();
  };
  const attempt = async (work) => {
    fault.textContent = "";
    try {
      await work();
      close();
    } catch (error) {
      fault.textContent = error.message;
    }
  };

  byId("channel-open").addEventListener("click", () => {
    input.value = name();
    fault.textContent = "";
    ask(false);
    panel.showModal();
    input.select();
  });
  byId("channel-rename-form").addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(() => rename(input.value));
  });
  first.addEventListener("click", () => {
    byId("channel-delete-words").textContent = `Delete #${name()} with all its messages, for everybody and for good?`;
    ask(true);
    byId("channel-keep").focus();
  });
  byId("channel-keep").addEventListener("click", () => {
    ask(false);
    first.focus();
  });
  byId("channel-delete-sure").addEventListener("click", () => attempt(erase));
  byId("channel-panel-close").addEventListener("click", close);
  panel.addEventListener("click", (event) => {
    if (event.target === panel) close(); // its backdrop
  });
}
