import { make } from "./elements.js";

/** Buttons and menus under a reply; pressing one is typing its command. */
export function controlRow(controls, press) {
  return make("div", { className: "controls" }, ...controls.map((control) => controlElement(control, press)));
}

function controlElement(control, press) {
  if (control.options === undefined) {
    const button = make("button", { type: "button", className: "button small" }, control.label);
    button.addEventListener("click", () => press(control.command, button));
    return button;
  }
  const select = make("select", { className: "select", "aria-label": control.label });
  select.append(make("option", { value: "", disabled: true, selected: true }, control.label));
  for (const option of control.options) select.append(make("option", { value: option.command }, option.label));
  select.addEventListener("change", () => {
    const command = select.value;
    select.selectedIndex = 0;
    press(command, select);
  });
  return select;
}
