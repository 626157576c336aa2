import { make } from "/assets/shared/elements.js";
import { isUnderWay, markName } from "/assets/shared/texts.js";
import { clockWords } from "/assets/shared/time.js";
import { t } from "/assets/shared/translate.js";
import { createAnswerRow } from "./answer-row.js";
import { createControlsView } from "./controls.js";
import { createMarkdownView } from "./markdown.js";
import { createQuestionFilesView } from "./question-files.js";

/**
 * @import { PublicMessage } from "../../message-row.js"
 * @import { Controls } from "./controls.js"
 * @import { EphemeralReply } from "./ephemeral.js"
 * @import { ReplyFile } from "./files.js"
 */

/**
 * What is shown of a message or of a reply for this person.
 * @typedef {object} MessageFacts
 * @property {string} id
 * @property {"user" | "bot"} author
 * @property {string} text
 * @property {string | undefined} [timed] the text with time marks, where it has any
 * @property {readonly string[]} marks
 * @property {Controls} controls
 * @property {string} [replyTo]
 * @property {number} [at] epoch ms
 * @property {boolean} [isEphemeral]
 * @property {readonly ReplyFile[]} [files]
 * @property {string} [panel]
 * @property {PublicMessage["answer"]} [answer]
 * @property {boolean} [isLast] the answer can be given again, or the question edited
 * @property {PublicMessage["files"]} [beside] what stood beside a question
 * @property {string} [replaces] the question that this one takes the place of
 * @property {boolean} [isReplaced] an edited question has taken its place
 * @property {string | undefined} [quote] the question, where the answer does not follow it
 *
 * @typedef {object} PressedOn the message, or the panel and its reply
 * @property {string} [on]
 * @property {string | undefined} [panel]
 * @property {string} [id]
 * @property {(reply: EphemeralReply) => void} [onReply] is told the reply, which is shown as ever
 *
 * @typedef {(command: string, where?: PressedOn) => Promise<void>} Press
 * @typedef {{ press: Press, react(message: string, emoji: string): void, retryWith(message: string): void, edit(): void, fileAddress(message: string, index: number): string }} MessageActions
 */

/**
 * One message of the conversation, kept in step with what is known of it.
 * @param {PublicMessage} message
 * @param {MessageActions} actions
 */
export function createMessageView(message, actions) {
  const isBot = message.author === "bot";
  const author = isBot ? "Evergreen" : t`You`;
  const body = make("div", { className: "body" });
  const marks = make("span", { className: "marks" });
  const time = clockWords(message.at);
  const quote = make("p", { className: "question-quote", hidden: true });
  const edit = make("button", { type: "button", className: "quiet-button small", hidden: true }, t`Edit`);
  const replaced = make(
    "button",
    { type: "button", className: "quiet-button small", hidden: true },
    t`Edited since. Show`,
  );
  const head = make(
    "div",
    { className: "head" },
    make("span", { className: "author" }, author),
    make("time", { dateTime: new Date(message.at).toISOString() }, time),
    edit,
    replaced,
    marks,
  );
  const extras = make("div");
  const bubble = make("div", { className: "bubble" }, head, quote, body, extras);
  const element = make(
    "article",
    { className: `message ${message.author}`, "aria-label": `${author}, ${time}` },
    bubble,
  );
  element.dataset.id = message.id;
  const showBody = isBot ? createMarkdownView(body) : plainView(body);
  const row = isBot ? createAnswerRow(bubble, { message: message.id, actions }) : undefined;
  const showControls = createControlsView(extras, (command) => actions.press(command, { on: message.id }));
  if (!isBot) createQuestionFilesView(body, message, actions.fileAddress);
  edit.addEventListener("click", actions.edit);
  replaced.addEventListener("click", () => {
    const isFolded = element.classList.toggle("folded");
    replaced.textContent = isFolded ? t`Edited since. Show` : t`Hide`;
  });
  let shownMarks = "";

  /** @param {readonly string[]} emojis */
  const showMarks = (emojis) => {
    if (emojis.join(" ") === shownMarks) return;
    shownMarks = emojis.join(" ");
    marks.replaceChildren(...emojis.map((emoji) => (isBot ? reaction(emoji) : markElement(emoji))));
  };
  /** @param {string} emoji */
  const reaction = (emoji) => {
    const button = make(
      "button",
      { type: "button", className: "reaction", "aria-label": t`React with ${emoji}` },
      emoji,
    );
    button.addEventListener("click", () => actions.react(message.id, emoji));
    return button;
  };
  return {
    element,
    /** @param {MessageFacts} now */
    update(now) {
      showBody(now.text);
      showMarks(now.marks);
      edit.hidden = isBot || now.isLast !== true || isUnderWay(now.marks);
      if (now.isReplaced === true && replaced.hidden) element.classList.add("folded");
      replaced.hidden = now.isReplaced !== true;
      element.classList.toggle("under-way", !isBot && isUnderWay(now.marks));
      quote.hidden = now.quote === undefined;
      if (now.quote !== undefined && quote.textContent !== now.quote) quote.textContent = now.quote;
      showControls(row === undefined ? now.controls : row.show(now));
    },
  };
}

/**
 * @param {HTMLElement} body
 * @returns {(text: string) => void}
 */
function plainView(body) {
  const words = make("div");
  body.append(words);
  return (text) => {
    if (words.textContent !== text) words.textContent = text;
  };
}

/** Marks of a question that goes its normal way: the answer shows that, but who cannot see it is told. */
const NORMAL = ["👀", "✅"];

/** @param {string} emoji */
const markElement = (emoji) => {
  const className = NORMAL.includes(emoji) ? "mark visually-hidden" : "mark";
  return make("span", { className, role: "img", "aria-label": markName(emoji), title: markName(emoji) }, emoji);
};
