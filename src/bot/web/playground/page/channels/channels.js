import { byId, make, messageOf } from "/assets/shared/elements.js";
import { t } from "/assets/shared/translate.js";

const NAME = /^[a-z0-9-]{1,64}$/;
const FIRST = "general";

/** The channel that the address names. */
const named = () => {
  const id = decodeURIComponent(location.hash.slice(1));
  return NAME.test(id) ? id : undefined;
};

/** @import { ChannelView } from "../../rooms.js" */

/**
 * The list on the left; the chosen channel is part of the address, so that a reload and the back button keep it.
 * @param {object} terms
 * @param {(channel: string) => void} terms.onChoose
 * @param {(name: string, isThere: boolean) => void} terms.onRename
 * @param {(name: string) => Promise<ChannelView>} terms.create
 */
export function createChannels({ onChoose, onRename, create }) {
  const list = byId("channel-list");
  const form = byId("channel-form");
  const input = byId("channel-name", HTMLInputElement);
  const fault = byId("channel-fault");
  const drawer = createDrawer();
  const seen = createSeen();
  /** @type {readonly ChannelView[]} */
  let known = [];
  let current = "";
  /**
   * The channel that was last scrolled into view in a list that is longer than the screen.
   * @type {string | undefined}
   */
  let inView;

  /** @param {string} id */
  const nameOf = (id) => known.find((each) => each.id === id)?.name ?? id;
  const draw = () => {
    const isThere = known.some(({ id }) => id === current);
    /** @type {readonly ChannelView[]} */
    const shown = isThere ? known : [...known, { id: current, name: current }];
    list.replaceChildren(
      ...shown.map((channel) => {
        const { id, name } = channel;
        const sign = id === current ? undefined : signOf(channel, seen.of(id));
        const words = make("span", { className: "channel-name" }, make("span", { "aria-hidden": "true" }, "# "), name);
        const link = make("a", { href: `#${id}` }, words, ...(sign === undefined ? [] : [sign]));
        if (id === current) link.setAttribute("aria-current", "page");
        return make("li", {}, link);
      }),
    );
    if (inView !== current) list.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
    inView = isThere ? current : undefined;
    onRename(nameOf(current), isThere);
  };
  const choose = () => {
    const id = named() ?? known[0]?.id ?? FIRST;
    drawer.close();
    if (id === current) return;
    seen.note(current);
    current = id;
    seen.note(current);
    onChoose(id);
    draw();
  };
  /** @param {string} name */
  const makeChannel = async (name) => {
    const { id } = await create(name);
    known = [...known.filter((each) => each.id !== id), { id, name }];
    location.hash = id;
    draw();
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const name = input.value.trim();
    fault.textContent = name === "" ? t`Give the channel a name.` : "";
    if (name === "") return;
    try {
      await makeChannel(name);
      input.value = "";
    } catch (error) {
      fault.textContent = messageOf(error);
    }
  });
  addEventListener("hashchange", choose);
  addEventListener("pagehide", () => seen.note(current));

  return {
    current: () => current,
    currentName: () => nameOf(current),
    nameOf,
    /** Makes the channel that the address names. */
    createCurrent: () => makeChannel(current),
    /** @param {ChannelView} channel */
    add(channel) {
      known = [...known.filter(({ id }) => id !== channel.id), channel];
      draw();
    },
    /** @param {Omit<ChannelView, "name">} activity */
    showActivity({ id, activeAt, isBusy }) {
      known = known.map((each) =>
        each.id === id
          ? { id, name: each.name, ...(activeAt !== undefined && { activeAt }), ...(isBusy && { isBusy }) }
          : each,
      );
      if (id === current) seen.note(id);
      else draw();
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
      if (isGone && named() === current) onChoose(current); // it was the last one, and starts empty
      if (current === "") choose();
      else draw();
    },
  };
}

/**
 * A dot beside a channel: something is answered there, or was said since somebody looked.
 * @param {ChannelView} channel
 * @param {number} seenAt
 */
function signOf({ isBusy, activeAt }, seenAt) {
  if (isBusy) return make("span", { className: "dot busy", role: "img", "aria-label": t`answering` });
  if (activeAt === undefined || activeAt <= seenAt) return undefined;
  return make("span", { className: "dot", role: "img", "aria-label": t`new messages` });
}

/** When each channel was last looked at; kept by this browser. What was said before its first visit is not new. */
function createSeen() {
  const firstVisitAt = localStorage.getItem("first visit") ?? String(Date.now());
  localStorage.setItem("first visit", firstVisitAt);
  /** @param {string} id */
  const key = (id) => `seen ${id}`;
  return {
    /** @param {string} id */
    of: (id) => Number(localStorage.getItem(key(id)) ?? firstVisitAt),
    /** @param {string} id */
    note(id) {
      if (id !== "") localStorage.setItem(key(id), String(Date.now()));
    },
  };
}

/** On a narrow screen the channels lie over the conversation, until one is chosen or somebody presses beside them. */
function createDrawer() {
  const nav = byId("channels");
  const scrim = byId("scrim");
  const button = byId("channels-toggle");
  /** @param {boolean} isOpen */
  const show = (isOpen) => {
    nav.classList.toggle("open", isOpen);
    scrim.hidden = !isOpen;
    button.setAttribute("aria-expanded", String(isOpen));
  };
  const close = () => {
    const hadFocus = nav.contains(document.activeElement) && nav.classList.contains("open");
    show(false);
    if (hadFocus) button.focus();
  };
  button.addEventListener("click", () => {
    show(!nav.classList.contains("open"));
    if (nav.classList.contains("open")) byId("search-open").focus();
  });
  scrim.addEventListener("click", close);
  nav.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });
  return { close };
}
