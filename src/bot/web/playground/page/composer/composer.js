import { LIMITS } from "/assets/limits.js";
import { callForFile } from "/assets/shared/api.js";
import { byId, messageOf } from "/assets/shared/elements.js";
import { LANGUAGE, t } from "/assets/shared/translate.js";
import { createFileTray } from "./file-tray.js";
import { createListbox } from "./listbox.js";
import { suggest } from "./suggestions.js";

const TALLEST_PX = 220;
const isTouch = () => matchMedia("(pointer: coarse)").matches;
/** @param {number} count */
const inWords = (count) => count.toLocaleString(LANGUAGE);

/**
 * @import { SentFile, TrayFile } from "./file-tray.js"
 * @import { Suggestion, Vocabulary } from "./suggestions.js"
 * @typedef {{ id: string | undefined, text: string, files: readonly { name: string, mediaType: string, address: string }[] }} EditedQuestion
 *   without an id while it is answered: then its text is asked again
 */

/**
 * Where people write: Enter sends, the arrow keys choose among what fits a command that is being typed. Each channel has
 * its own draft.
 * @param {object} terms
 * @param {(text: string, files: readonly SentFile[], replaces: string | undefined) => Promise<void>} terms.send
 * @param {() => Vocabulary} terms.vocabulary
 * @param {() => EditedQuestion | undefined} terms.lastQuestion
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
  /** The question that what is written takes the place of. @type {string | undefined} */
  let replaces;
  /** @param {string | undefined} id */
  const setReplaces = (id) => {
    replaces = id;
    byId("composer-editing").hidden = id === undefined;
  };

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
  /** @param {EditedQuestion} question */
  const edit = async ({ id, text, files }) => {
    write(text);
    tray.set([]);
    setReplaces(id);
    input.focus();
    for (const file of files) {
      try {
        await tray.add([new File([await callForFile(file.address)], file.name, { type: file.mediaType })]);
      } catch {
        showFault(t`${file.name} is no longer stored. Attach it again.`);
      }
    }
  };
  const cancel = () => {
    setReplaces(undefined);
    write("");
    tray.set([]);
    input.focus();
  };
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
    const edited = /^[/!]/.test(text) ? undefined : replaces;
    write("");
    tray.set([]);
    setReplaces(undefined);
    progress.hidden = sent.length === 0;
    try {
      await send(text, sent, edited);
    } catch (error) {
      showFault(t`${messageOf(error)} Your text is still here.`);
      if (drafts.channel() !== channel) return drafts.keep(text, files, channel);
      if (input.value === "") {
        write(text);
        setReplaces(edited);
      }
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
    const last = event.key === "ArrowUp" && input.value === "" ? lastQuestion() : undefined;
    if (last !== undefined) edit(last);
    else if (event.key === "Escape" && replaces !== undefined) {
      cancel();
      event.stopPropagation();
    } else if (event.key === "Enter" && !event.shiftKey) submit();
    else return;
    event.preventDefault();
  });
  byId("composer-cancel").addEventListener("click", cancel);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  return {
    /** Where a keyboard on the screen would come up, the conversation gets the focus instead. */
    focus: () => (isTouch() ? byId("scroller") : input).focus(),
    showFault,
    edit,
    /**
     * Shows the draft of another channel.
     * @param {string} channel
     */
    enter(channel) {
      const { text, files } = drafts.enter(channel);
      showFault("");
      list.close();
      setReplaces(undefined);
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
  if (files.length > 0 && /^[/!]/.test(text))
    return t`A command can't have files. Remove them, or ask without a
    slash.`;
  if (text.length <= LIMITS.questionChars) return undefined;
  const most = inWords(LIMITS.questionChars);
  return t`This text has ${inWords(text.length)} characters; the limit is ${most}. Shorten it, or attach it as a file.`;
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
