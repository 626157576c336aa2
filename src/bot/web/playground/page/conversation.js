import { byId, make } from "/assets/shared/elements.js";
import { isUnderWay } from "/assets/shared/texts.js";
import { withTimes } from "/assets/shared/time.js";
import { t } from "/assets/shared/translate.js";
import { createEarlier } from "./earlier.js";
import { createEphemeralView } from "./message/ephemeral.js";
import { createMessageView } from "./message/message.js";
import { orderOf } from "./message/order.js";
import { createScroll } from "./scroll.js";

/** Milliseconds of work in one frame: a long conversation is drawn over several, the newest messages first. */
const DRAWING_MS = 12;
/** How often "2 min ago" is brought up to date. */
const TIMES_MS = 20_000;

/**
 * @import { PublicMessage } from "../message-row.js"
 * @import { Newest } from "./connection.js"
 * @import { EphemeralReply } from "./message/ephemeral.js"
 * @import { MessageActions, MessageFacts } from "./message/message.js"
 * @typedef {{ update(facts: MessageFacts): void, readonly element: HTMLElement }} View
 */

/**
 * The conversation in the middle of the page. Changes are drawn once per animation frame, and only what changed.
 * @param {object} terms
 * @param {MessageActions} terms.actions
 * @param {() => void} terms.onDismiss
 * @param {(id: string) => Promise<Newest>} terms.readBefore
 * @param {(isWorking: boolean) => void} terms.onChange
 */
export function createConversation({ actions, onDismiss, readBefore, onChange }) {
  const list = byId("messages");
  const welcome = byId("welcome");
  welcome.addEventListener("click", ({ target }) => {
    const chip = target instanceof Element ? target.closest("[data-send]") : null;
    if (chip instanceof HTMLElement && chip.dataset.send !== undefined) actions.press(chip.dataset.send);
  });
  const typing = byId("typing");
  const divider = make("p", { className: "divider" }, t`New conversation: what is above is not sent to the model.`);
  const scroll = createScroll(list);
  /** @type {Map<string, { facts: MessageFacts, readonly view: View }>} */
  const entries = new Map();
  /** @type {Set<string>} */
  const changed = new Set();
  /** @type {number | null} */
  let startedAt = null;
  let isDrawingSoon = false;

  const all = () => [...entries.values()].map(({ facts }) => facts);
  /** @param {MessageFacts} facts */
  const isBusy = (facts) => facts.replyTo !== undefined && isUnderWay(entries.get(facts.replyTo)?.facts.marks ?? []);
  /** Tells what depends on the others, and draws what that changes. */
  const arrange = () => {
    const { lastQuestion, lastAnswer, quotes, isReplaced, firstSince } = orderOf(all());
    for (const [id, entry] of entries) {
      const before = entry.facts;
      const now = {
        isLast: (id === lastAnswer && !isBusy(entry.facts)) || id === lastQuestion?.id,
        quote: quotes.get(id),
        isReplaced: isReplaced(before),
      };
      const isSame = now.isLast === (before.isLast ?? false) && now.quote === before.quote;
      if (isSame && now.isReplaced === (before.isReplaced ?? false)) continue;
      entry.facts = { ...entry.facts, ...now };
      changed.add(id);
    }
    placeDivider(firstSince);
  };
  /** @param {(at: number) => string | undefined} firstSince */
  const placeDivider = (firstSince) => {
    if (startedAt === null || entries.size === 0) return divider.remove();
    const first = entries.get(firstSince(startedAt) ?? "")?.view.element ?? null;
    if (first === list.firstElementChild) return divider.remove(); // nothing is above
    if (divider.nextSibling !== first || divider.parentElement !== list) list.insertBefore(divider, first);
  };
  const showTyping = () => {
    const asked = all().filter(({ author, marks }) => author === "user" && marks.includes("👀"));
    const isSilent = asked.length > 0 && !all().some((facts) => isBusy(facts) && facts.text !== "");
    typing.hidden = !isSilent;
    const words = isSilent ? t`Evergreen is working on it` : "";
    if (byId("typing-words").textContent !== words) byId("typing-words").textContent = words;
  };
  const draw = () => {
    isDrawingSoon = false;
    const endAt = performance.now() + DRAWING_MS;
    arrange();
    for (const id of [...changed].reverse()) {
      changed.delete(id);
      const entry = entries.get(id);
      if (entry === undefined) continue;
      const { text, timed } = entry.facts;
      entry.view.update({ ...entry.facts, text: timed === undefined ? text : withTimes(timed) });
      entry.view.element.setAttribute("aria-busy", String(isBusy(entry.facts)));
      if (performance.now() > endAt) break;
    }
    if (changed.size > 0) soon();
    welcome.hidden = entries.size > 0;
    showTyping();
    scroll.settle();
    onChange(all().some(({ author, marks }) => author === "user" && isUnderWay(marks)));
  };
  const soon = () => {
    if (isDrawingSoon) return;
    isDrawingSoon = true;
    // A page in the background gets no frames, but a reader of its text still wants it.
    if (document.hidden) setTimeout(draw);
    else requestAnimationFrame(draw);
  };
  setInterval(() => {
    for (const [id, { facts }] of entries) if (facts.timed !== undefined) changed.add(id);
    if (changed.size > 0) soon();
  }, TIMES_MS);
  /** @type {(id: string, facts: Partial<MessageFacts>) => void} */
  const change = (id, facts) => {
    const entry = entries.get(id);
    if (entry === undefined) return;
    entry.facts = { ...entry.facts, ...facts };
    changed.add(id);
    soon();
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
    const { files: beside, ...rest } = message;
    const facts = { ...rest, ...(beside && { beside }), controls: message.controls ?? [] };
    put(facts, () => createMessageView(message, actions), next);
  };
  const earlier = createEarlier({
    scroller: byId("scroller"),
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
    /** @param {Pick<PublicMessage, "id" | "text" | "timed" | "controls" | "answer">} edit */
    edit: ({ id, text, timed, controls = [], answer }) =>
      change(id, { text, timed, controls, ...(answer && { answer }) }),
    /** @param {Pick<MessageFacts, "id" | "marks">} mark */
    mark({ id, marks }) {
      if (!entries.has(id)) return;
      change(id, { marks });
      for (const [other, { facts }] of entries) if (facts.replyTo === id) changed.add(other);
    },
    /** @param {{ id: string }} message */
    remove: ({ id }) => drop(id),
    /**
     * @param {EphemeralReply} reply
     * @param {string} [command]
     */
    showEphemeral(reply, command) {
      const isNew = !entries.has(reply.id);
      put({ timed: undefined, ...reply, author: "bot", marks: [], isEphemeral: true }, () =>
        createEphemeralView({
          command,
          press: actions.press,
          onDismiss: () => {
            entries.delete(reply.id);
            welcome.hidden = entries.size > 0;
            onDismiss();
          },
        }),
      );
      const element = entries.get(reply.id)?.view.element;
      if (isNew && element !== undefined) scroll.openAtTop(element);
    },
    /**
     * When somebody last started a new conversation: a line stands there.
     * @param {number | null} at epoch ms
     */
    setStart(at) {
      startedAt = at;
      soon();
    },
    clear() {
      entries.clear();
      changed.clear();
      list.replaceChildren();
      earlier.begin(undefined);
      scroll.toEnd();
    },
    lastQuestion() {
      const last = orderOf(all()).lastQuestion;
      return last && { ...last, files: last.beside };
    },
    /** Scrolls to a message, and shows for a moment which one it is. @param {string} id */
    async point(id) {
      await earlier.loadUntil(() => entries.has(id));
      scroll.point(entries.get(id)?.view.element);
    },
    toEnd: scroll.toEnd,
  };
}
