import { byId, make } from "/assets/shared/elements.js";

const SHOWN_MS = 5_000;
const WITH_BUTTONS_MS = 10_000;

/** @import { Controls } from "./message/controls.js" */

/**
 * Says for a moment that something has worked; its buttons go with it.
 * @param {string} text
 * @param {Controls} [controls]
 * @param {(command: string) => void} [press]
 */
export function showToast(text, controls = [], press = () => {}) {
  const buttons = controls.flatMap((control) => {
    if (!("command" in control)) return [];
    const button = make("button", { type: "button", className: "button small" }, control.label);
    button.addEventListener("click", () => {
      toast.remove();
      press(control.command);
    });
    return [button];
  });
  const toast = make("div", { className: "toast" }, make("p", {}, text), ...buttons);
  byId("toasts").replaceChildren(toast);
  setTimeout(() => toast.remove(), buttons.length > 0 ? WITH_BUTTONS_MS : SHOWN_MS);
}
