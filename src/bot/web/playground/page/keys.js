import { createWindow } from "/assets/shared/elements.js";

/**
 * The keys that work everywhere on the page; a window that is open keeps its own.
 * @param {{ pickModel(): void, search(): void, stop(): boolean }} actions `stop` tells whether there was anything to stop
 */
export function createKeys({ pickModel, search, stop }) {
  const { open } = createWindow("keys", { opener: "keys-open" });

  addEventListener("keydown", (event) => {
    if (event.isComposing || event.defaultPrevented || document.querySelector("dialog[open]") !== null) return;
    const isWriting = event.target instanceof Element && event.target.matches("input, textarea, select");
    const key = event.key.toLowerCase();
    const hasCommand = event.ctrlKey || event.metaKey;
    if (hasCommand && !event.shiftKey && key === "k") pickModel();
    else if (hasCommand && event.shiftKey && key === "f") search();
    else if (key === "?" && !isWriting) open();
    else if (key !== "escape" || !stop()) return;
    event.preventDefault();
  });
}
