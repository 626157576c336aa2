import { byId, make } from "./elements.js";

const NAME = /^[a-z0-9-]{1,64}$/;
const FIRST = "general";

/** The channel that the address names. */
const named = () => {
  const name = decodeURIComponent(location.hash.slice(1));
  return NAME.test(name) ? name : undefined;
};

/** The list on the left; the chosen channel stands in the address, so that a reload and the back button keep it. */
export function createChannels({ onChoose }) {
  const list = byId("channel-list");
  const nav = byId("channels");
  const menuButton = byId("channels-toggle");
  const form = byId("channel-form");
  const input = byId("channel-name");
  const fault = byId("channel-fault");
  let names = [];
  let current;

  const showDrawer = (isOpen) => {
    nav.classList.toggle("open", isOpen);
    menuButton.setAttribute("aria-expanded", String(isOpen));
  };
  const draw = () => {
    const shown = names.includes(current) ? names : [...names, current];
    list.replaceChildren(
      ...shown.map((name) => {
        const link = make("a", { href: `#${name}` }, make("span", { "aria-hidden": "true" }, "# "), name);
        if (name === current) link.setAttribute("aria-current", "page");
        return make("li", {}, link);
      }),
    );
  };
  const choose = () => {
    const name = named() ?? names[0] ?? FIRST;
    showDrawer(false);
    if (name === current) return;
    current = name;
    draw();
    onChoose(name);
  };

  menuButton.addEventListener("click", () => showDrawer(!nav.classList.contains("open")));
  nav.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !nav.classList.contains("open")) return;
    showDrawer(false);
    menuButton.focus();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const name = input.value
      .trim()
      .toLowerCase()
      .replaceAll(/[\s_]+/g, "-")
      .replace(/^#/, "");
    fault.textContent = NAME.test(name) ? "" : "A channel's name is 1 to 64 of a-z, 0-9 and -.";
    if (fault.textContent !== "") return;
    input.value = "";
    location.hash = name;
  });
  addEventListener("hashchange", choose);

  return {
    current: () => current,
    /** The channels that exist. */
    setNames(given) {
      names = given;
      if (current === undefined) choose();
      else draw();
    },
    /** A message came into being here, and with the first one the channel. */
    noteMessage() {
      if (names.includes(current)) return;
      names = [...names, current];
      draw();
    },
  };
}
