import { byId, make, messageOf } from "/assets/shared/elements.js";

const NAME = /^[a-z0-9-]{1,64}$/;
const FIRST = "general";

/** The channel that the address names. */
const named = () => {
  const id = decodeURIComponent(location.hash.slice(1));
  return NAME.test(id) ? id : undefined;
};

/** @import { ChannelView } from "../rooms.js" */

/**
 * The list on the left; the chosen channel is part of the address, so that a reload and the back button keep it.
 * @param {object} terms
 * @param {(channel: string) => void} terms.onChoose
 * @param {(name: string) => void} terms.onRename
 * @param {(name: string) => Promise<ChannelView>} terms.create
 */
export function createChannels({ onChoose, onRename, create }) {
  const list = byId("channel-list");
  const nav = byId("channels");
  const menuButton = byId("channels-toggle");
  const form = byId("channel-form");
  const input = byId("channel-name", HTMLInputElement);
  const fault = byId("channel-fault");
  /** @type {readonly ChannelView[]} */
  let known = [];
  let current = "";
  /**
   * The channel that was last scrolled into view in a list that is longer than the screen.
   * @type {string | undefined}
   */
  let inView;

  /** @param {boolean} isOpen */
  const showDrawer = (isOpen) => {
    nav.classList.toggle("open", isOpen);
    menuButton.setAttribute("aria-expanded", String(isOpen));
  };
  /** @param {string} id */
  const nameOf = (id) => known.find((each) => each.id === id)?.name ?? id;
  const draw = () => {
    const isThere = known.some(({ id }) => id === current);
    const shown = isThere ? known : [...known, { id: current, name: current }];
    list.replaceChildren(
      ...shown.map(({ id, name }) => {
        const link = make("a", { href: `#${id}` }, make("span", { "aria-hidden": "true" }, "# "), name);
        if (id === current) link.setAttribute("aria-current", "page");
        return make("li", {}, link);
      }),
    );
    if (inView !== current) list.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
    inView = isThere ? current : undefined;
    onRename(nameOf(current));
  };
  const choose = () => {
    const id = named() ?? known[0]?.id ?? FIRST;
    showDrawer(false);
    if (id === current) return;
    current = id;
    onChoose(id);
    draw();
  };

  menuButton.addEventListener("click", () => showDrawer(!nav.classList.contains("open")));
  nav.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !nav.classList.contains("open")) return;
    showDrawer(false);
    menuButton.focus();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const name = input.value.trim();
    fault.textContent = name === "" ? "Give the channel a name." : "";
    if (name === "") return;
    try {
      const { id } = await create(name);
      input.value = "";
      known = [...known.filter((each) => each.id !== id), { id, name }];
      location.hash = id;
    } catch (error) {
      fault.textContent = messageOf(error);
    }
  });
  addEventListener("hashchange", choose);

  return {
    current: () => current,
    currentName: () => nameOf(current),
    /** @param {ChannelView} channel */
    add(channel) {
      known = [...known.filter(({ id }) => id !== channel.id), channel];
      draw();
    },
    /**
     * The channels that exist. Whoever is in one that was deleted goes to another.
     * @param {readonly ChannelView[]} channels
     */
    set(channels) {
      const wasThere = known.some(({ id }) => id === current);
      known = channels;
      const isGone = wasThere && !known.some(({ id }) => id === current);
      if (isGone) location.hash = known[0]?.id ?? FIRST;
      if (isGone && named() === current) onChoose(current); // it was the last one, and begins anew
      if (current === "") choose();
      else draw();
    },
  };
}
