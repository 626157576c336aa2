import { make } from "/assets/shared/elements.js";

/**
 * Buttons and menus under a message; pressing one is typing its command. Kept as they are while they stay the same. Where
 * the one with the focus goes, the focus goes to its successor, else to the message: it never falls out of the page.
 */
export function createControlsView(element, press) {
  let shown = "[]";
  return (controls = []) => {
    const text = JSON.stringify(controls);
    if (text === shown) return; // so that a growing answer does not take the focus from its Stop button
    const focused = element.contains(document.activeElement) ? document.activeElement : undefined;
    shown = text;
    element.replaceChildren(
      ...(controls.length === 0
        ? []
        : [make("div", { className: "controls" }, ...controls.map((each) => control(each, press)))]),
    );
    if (focused !== undefined) moveFocus(element, nameOf(focused));
  };
}

const nameOf = (element) => element.getAttribute("aria-label") ?? element.textContent;

function moveFocus(element, name) {
  const successor = [...element.querySelectorAll("button, select")].find((each) => nameOf(each) === name);
  if (successor !== undefined) return successor.focus({ preventScroll: true });
  const message = element.closest(".message");
  message.tabIndex = -1;
  message.focus({ preventScroll: true });
}

function control({ label, command, options }, press) {
  if (options === undefined) {
    const button = make("button", { type: "button", className: "button small" }, label);
    button.addEventListener("click", () => press(command));
    return button;
  }
  const select = make("select", { className: "select", "aria-label": label });
  select.append(make("option", { value: "", disabled: true, selected: true }, label));
  for (const option of options) select.append(make("option", { value: option.command }, option.label));
  select.addEventListener("change", () => {
    const chosen = select.value;
    select.selectedIndex = 0;
    press(chosen);
  });
  return select;
}
