import { LIMITS } from "/assets/limits.js";
import { byId, messageOf } from "/assets/shared/elements.js";
import { createFileTray } from "./file-tray.js";
import { createListbox } from "./listbox.js";
import { suggest } from "./suggestions.js";

const TALLEST_PX = 220;
const isTouch = () => matchMedia("(pointer: coarse)").matches;
/** @param {number} count */
const inWords = (count) => count.toLocaleString("en");

/**
 * @import { SentFile, TrayFile } from "./file-tray.js"
 * @import { Suggestion, Vocabulary } from "./suggestions.js"
 */

/**
 * Where people write: Enter sends, the arrow keys choose among what fits a command that is being typed. Each channel has
 * its own draft.
 * @param {object} terms
 * @param {(text: string, files: readonly SentFile[]) => Promise<void>} terms.send
 * @param {() => Vocabulary} terms.vocabulary
 * @param {() => string | undefined} terms.lastQuestion
 * @param {() => string | undefined} terms.imageWarning says where the channel's model takes no images
 */
export function createComposer({ send, vocabulary, lastQuestion, imageWarning }) {
  const form = byId("composer");
  const input = byId("composer-text", HTMLTextAreaElement);
  const fault = byId("composer-fault");
  const progress = byId("composer-progress");
  const list = createListbox({ input, list: byId("suggestions"), announce: byId("composer-news"), onTake: take });
  /** @param {string} text */
  const showFault = (text) => {
    fault.textContent = text;
  };
  const tray = createFileTray({ showFault, imageWarning, onChange: () => keepDraft() });
  const drafts = createDrafts();

  const grow = () => {
    input.style.height = "auto";
    input.style.height = `${Math.min(input.scrollHeight, TALLEST_PX)}px`;
  };
  const keepDraft = () => drafts.keep(input.value, tray.files());
  /** @param {string} text */
  const write = (text) => {
    input.value = text;
    grow();
    keepDraft();
  };
  const offer = () => list.show(suggest(input.value, vocabulary()));
  /** @param {Suggestion} taken */
  function take(taken) {
    write(taken.text);
    input.focus();
    if (taken.isWhole) list.close();
    else offer();
  }
  const submit = async () => {
    const text = input.value.trim();
    const files = tray.files();
    if (text === "" && files.length === 0) return;
    const refusal = refusalOf(text, files);
    showFault(refusal ?? "");
    list.close();
    if (refusal !== undefined) return;
    const sent = tray.toSend();
    const channel = drafts.channel();
    write("");
    tray.set([]);
    progress.hidden = sent.length === 0;
    try {
      await send(text, sent);
    } catch (error) {
      showFault(`${messageOf(error)} Your text is still here.`);
      if (drafts.channel() !== channel) return drafts.keep(text, files, channel);
      if (input.value === "") write(text);
      if (tray.files().length === 0) tray.set(files);
    } finally {
      progress.hidden = true;
    }
  };

  input.addEventListener("input", () => {
    grow();
    keepDraft();
    offer();
  });
  input.addEventListener("blur", list.close);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (list.take(event)) return event.preventDefault();
    if (event.key === "ArrowUp" && input.value === "") write(lastQuestion() ?? "");
    else if (event.key === "Enter" && !event.shiftKey) submit();
    else return;
    event.preventDefault();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  return {
    /** Where a keyboard on the screen would come up, the conversation gets the focus instead. */
    focus: () => (isTouch() ? byId("scroller") : input).focus(),
    showFault,
    /** Puts a text there to be changed. @param {string} text */
    write(text) {
      write(text);
      input.focus();
    },
    /**
     * Shows the draft of another channel.
     * @param {string} channel
     */
    enter(channel) {
      const { text, files } = drafts.enter(channel);
      showFault("");
      list.close();
      input.value = text;
      tray.set(files);
      grow();
      if (!isTouch()) input.focus();
    },
    /** What it can offer has changed. */
    offer() {
      if (document.activeElement === input && !list.hasChosen() && input.value !== "") offer();
    },
  };
}

/**
 * Why this cannot be sent; undefined where it can.
 * @param {string} text
 * @param {readonly TrayFile[]} files
 */
function refusalOf(text, files) {
  if (files.length > 0 && /^[/!]/.test(text)) return "A command takes no files. Remove them, or ask without a slash.";
  if (text.length <= LIMITS.questionChars) return undefined;
  const most = inWords(LIMITS.questionChars);
  return `This text has ${inWords(text.length)} characters; a question takes up to ${most}. Shorten it, or attach it as a file.`;
}

/** What was written in each channel and not sent: texts stay after a reload, files while the page is open. */
function createDrafts() {
  /** @type {Map<string, readonly TrayFile[]>} */
  const filesOf = new Map();
  let current = "";
  /** @param {string} channel */
  const key = (channel) => `draft ${channel}`;
  return {
    channel: () => current,
    /**
     * @param {string} text
     * @param {readonly TrayFile[]} files
     */
    keep(text, files, channel = current) {
      filesOf.set(channel, files);
      if (text === "") localStorage.removeItem(key(channel));
      else localStorage.setItem(key(channel), text);
    },
    /** @param {string} channel */
    enter(channel) {
      current = channel;
      return { text: localStorage.getItem(key(channel)) ?? "", files: filesOf.get(channel) ?? [] };
    },
  };
}
