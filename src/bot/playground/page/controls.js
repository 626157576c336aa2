import { make } from "/assets/shared/elements.js";

/** Buttons and menus under a message; pressing one is typing its command. Kept as they are while they stay the same. */
export function createControlsView(element, press) {
  let shown = "[]";
  return (controls = []) => {
    const text = JSON.stringify(controls);
    if (text === shown) return; // so that a growing answer does not take the focus from its Stop button
    shown = text;
    element.replaceChildren(
      ...(controls.length === 0
        ? []
        : [make("div", { className: "controls" }, ...controls.map((each) => control(each, press)))]),
    );
  };
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
