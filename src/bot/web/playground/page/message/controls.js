import { make } from "/assets/shared/elements.js";

/**
 * @import { PublicMessage } from "../../message-row.js"
 * @typedef {NonNullable<PublicMessage["controls"]>} Controls
 */

/**
 * Buttons and menus under a message; pressing one is typing its command. Kept as they are while they stay the same. Where
 * the focused one goes, the focus moves to its successor, or to the message: it never falls out of the page.
 * @param {HTMLElement} element
 * @param {(command: string) => void} press
 * @returns {(controls?: Controls) => void}
 */
export function createControlsView(element, press) {
  let shown = "[]";
  return (controls = []) => {
    const text = JSON.stringify(controls);
    if (text === shown) return; // so that a growing answer does not take the focus from its Stop button
    const active = document.activeElement;
    const focused = active !== null && element.contains(active) ? active : undefined;
    shown = text;
    element.replaceChildren(
      ...(controls.length === 0
        ? []
        : [make("div", { className: "controls" }, ...controls.map((each) => control(each, press)))]),
    );
    if (focused !== undefined) moveFocus(element, nameOf(focused));
  };
}

/** @param {Element} element */
const nameOf = (element) => element.getAttribute("aria-label") ?? element.textContent;

/**
 * @param {HTMLElement} element
 * @param {string} name
 */
function moveFocus(element, name) {
  const successor = /** @type {HTMLElement[]} */ ([...element.querySelectorAll("button, select")]).find(
    (each) => nameOf(each) === name,
  );
  if (successor !== undefined) return successor.focus({ preventScroll: true });
  const message = element.closest(".message");
  if (!(message instanceof HTMLElement)) return;
  message.tabIndex = -1;
  message.focus({ preventScroll: true });
}

/**
 * @param {Controls[number]} control
 * @param {(command: string) => void} press
 */
function control(control, press) {
  const { label } = control;
  if ("command" in control) {
    const button = make("button", { type: "button", className: "button small" }, label);
    button.addEventListener("click", () => press(control.command));
    return button;
  }
  const select = make("select", { className: "select", "aria-label": label });
  select.append(make("option", { value: "", disabled: true, selected: true }, label));
  for (const option of control.options) select.append(make("option", { value: option.command }, option.label));
  select.addEventListener("change", () => {
    const chosen = select.value;
    select.selectedIndex = 0;
    press(chosen);
  });
  return select;
}
