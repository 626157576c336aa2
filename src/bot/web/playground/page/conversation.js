import { byId } from "/assets/shared/elements.js";
import { isUnderWay } from "/assets/shared/texts.js";
import { createEarlier } from "./earlier.js";
import { createEphemeralView } from "./message/ephemeral.js";
import { createMessageView } from "./message/message.js";

const NEAR_THE_END_PX = 80;
/** Of a frame: a long conversation is drawn over several, the newest messages first. */
const DRAWING_MS = 12;

/**
 * @import { PublicMessage } from "../message-row.js"
 * @import { Newest } from "./connection.js"
 * @import { EphemeralReply } from "./message/ephemeral.js"
 * @import { MessageFacts, Press } from "./message/message.js"
 * @typedef {{ update(facts: MessageFacts): void, readonly element: HTMLElement }} View
 */

/**
 * The conversation in the middle of the page. Changes are drawn once per animation frame, and only what changed.
 * @param {object} terms
 * @param {Press} terms.press
 * @param {(message: string, emoji: string) => void} terms.react
 * @param {() => void} terms.onDismiss
 * @param {(id: string) => Promise<Newest>} terms.readBefore
 * @param {(isWorking: boolean) => void} terms.onChange
 */
export function createConversation({ press, react, onDismiss, readBefore, onChange }) {
  const list = byId("messages");
  const scroller = byId("scroller");
  const welcome = byId("welcome");
  const toNewest = byId("to-newest");
  /** @type {Map<string, { facts: MessageFacts, readonly view: View }>} */
  const entries = new Map();
  /** @type {Set<string>} */
  const changed = new Set();
  let isFollowing = true;
  let lastTop = 0;
  let isDrawingSoon = false;

  const distanceToEnd = () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
  const toEnd = () => {
    isFollowing = true;
    scroller.scrollTop = scroller.scrollHeight;
  };
  scroller.addEventListener("scroll", () => {
    // Growing content moves the end away without anybody having scrolled: only going up counts.
    if (distanceToEnd() < NEAR_THE_END_PX) isFollowing = true;
    else if (scroller.scrollTop < lastTop) isFollowing = false;
    lastTop = scroller.scrollTop;
    toNewest.hidden = isFollowing;
  });
  scroller.tabIndex = 0; // so that the arrow keys scroll it
  const followGrowth = new ResizeObserver(() => isFollowing && toEnd());
  followGrowth.observe(scroller);
  followGrowth.observe(list);
  toNewest.addEventListener("click", toEnd);

  /** @param {MessageFacts} facts */
  const isBusy = (facts) => facts.replyTo !== undefined && isUnderWay(entries.get(facts.replyTo)?.facts.marks ?? []);
  /** A question here has no end yet. */
  const isWorking = () => [...entries.values()].some(({ facts }) => facts.author === "user" && isUnderWay(facts.marks));
  const draw = () => {
    isDrawingSoon = false;
    const endAt = performance.now() + DRAWING_MS;
    for (const id of [...changed].reverse()) {
      changed.delete(id);
      const entry = entries.get(id);
      if (entry === undefined) continue;
      entry.view.update(entry.facts);
      entry.view.element.setAttribute("aria-busy", String(isBusy(entry.facts)));
      if (performance.now() > endAt) break;
    }
    if (changed.size > 0) soon();
    welcome.hidden = entries.size > 0;
    if (isFollowing) toEnd();
    onChange(isWorking());
  };
  const soon = () => {
    if (isDrawingSoon) return;
    isDrawingSoon = true;
    // A page in the background gets no frames, but a reader of its text still wants it.
    if (document.hidden) setTimeout(draw);
    else requestAnimationFrame(draw);
  };
  /** @param {string} id */
  const redraw = (id) => {
    changed.add(id);
    soon();
  };
  /** @type {(id: string, facts: Partial<MessageFacts>) => void} */
  const change = (id, facts) => {
    const entry = entries.get(id);
    if (entry === undefined) return;
    entry.facts = { ...entry.facts, ...facts };
    redraw(id);
  };
  /** @type {(facts: MessageFacts, makeView: () => View, next?: Element | null) => void} */
  const put = (facts, makeView, next = null) => {
    if (!entries.has(facts.id)) {
      const view = makeView();
      entries.set(facts.id, { facts, view });
      list.insertBefore(view.element, next);
    }
    change(facts.id, facts);
  };
  /** @param {string} id */
  const drop = (id) => {
    entries.get(id)?.view.element.remove();
    entries.delete(id);
    soon();
  };
  /** @type {(message: PublicMessage, next?: Element | null) => void} */
  const putMessage = (message, next) => {
    const facts = { ...message, controls: message.controls ?? [] };
    put(facts, () => createMessageView(message, { press, react }), next);
  };
  const earlier = createEarlier({
    scroller,
    read: readBefore,
    show(messages) {
      const first = list.firstElementChild;
      for (const message of messages) putMessage(message, first);
    },
  });

  return {
    /**
     * Shows the end of the conversation as it is stored; what is not there any more goes, replies for this person aside.
     * What was read of the time before stays where this follows on it.
     * @param {Newest} newest
     */
    setMessages({ messages, before }) {
      const known = new Set(messages.map(({ id }) => id));
      const first = messages[0]?.id;
      const followsOn = before !== undefined && first !== undefined && entries.has(first);
      /** @param {string} id */
      const isEarlier = (id) => followsOn && id < first; // ids sort by time
      for (const [id, { facts }] of [...entries]) if (!facts.isEphemeral && !known.has(id) && !isEarlier(id)) drop(id);
      for (const message of messages) putMessage(message);
      if (!followsOn) earlier.begin(before);
      soon();
    },
    /** @param {PublicMessage} message */
    add: (message) => putMessage(message),
    /** @param {Pick<MessageFacts, "id" | "text"> & Partial<Pick<MessageFacts, "controls">>} edit */
    edit: ({ id, text, controls = [] }) => change(id, { text, controls }),
    /** @param {Pick<MessageFacts, "id" | "marks">} mark */
    mark({ id, marks }) {
      if (!entries.has(id)) return;
      change(id, { marks });
      for (const [other, { facts }] of entries) if (facts.replyTo === id) redraw(other);
    },
    /** @param {{ id: string }} message */
    remove: ({ id }) => drop(id),
    /**
     * @param {EphemeralReply} reply
     * @param {string} [command]
     */
    showEphemeral(reply, command) {
      put({ ...reply, author: "bot", marks: [], isEphemeral: true }, () =>
        createEphemeralView({
          command,
          press,
          onDismiss: () => {
            entries.delete(reply.id);
            welcome.hidden = entries.size > 0;
            onDismiss();
          },
        }),
      );
    },
    clear() {
      entries.clear();
      changed.clear();
      list.replaceChildren();
      earlier.begin(undefined);
      isFollowing = true;
    },
    toEnd,
  };
}
