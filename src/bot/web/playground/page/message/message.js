import { make } from "/assets/shared/elements.js";
import { isUnderWay, markName } from "/assets/shared/texts.js";
import { clockWords } from "/assets/shared/time.js";
import { createControlsView } from "./controls.js";
import { createMarkdownView } from "./markdown.js";

/**
 * @import { PublicMessage } from "../../message-row.js"
 * @import { Controls } from "./controls.js"
 * @import { ReplyFile } from "./files.js"
 */

/**
 * What is shown of a message or of a reply for this person.
 * @typedef {object} MessageFacts
 * @property {string} id
 * @property {"user" | "bot"} author
 * @property {string} text
 * @property {readonly string[]} marks
 * @property {Controls} controls
 * @property {string} [replyTo]
 * @property {number} [at] epoch ms
 * @property {boolean} [isEphemeral]
 * @property {readonly ReplyFile[]} [files]
 * @property {string} [panel]
 *
 * @typedef {{ on?: string, panel?: string | undefined, id?: string }} PressedOn the message, or the panel and its reply
 * @typedef {(command: string, where?: PressedOn) => Promise<void>} Press
 */

/**
 * One message of the conversation, kept in step with what is known of it.
 * @param {PublicMessage} message
 * @param {{ press: Press, react(message: string, emoji: string): void }} actions
 */
export function createMessageView(message, { press, react }) {
  const isBot = message.author === "bot";
  const author = isBot ? "Evergreen" : "You";
  const body = make("div", { className: "body" });
  const marks = make("span", { className: "marks" });
  const time = clockWords(message.at);
  const head = make(
    "div",
    { className: "head" },
    make("span", { className: "author" }, author),
    make("time", { dateTime: new Date(message.at).toISOString() }, time),
    marks,
  );
  const extras = make("div");
  const bubble = make("div", { className: "bubble" }, head, body, extras);
  const element = make(
    "article",
    { className: `message ${message.author}`, "aria-label": `${author}, ${time}` },
    bubble,
  );
  element.dataset.id = message.id;
  const showMarkdown = createMarkdownView(body);
  const showControls = createControlsView(extras, (command) => press(command, { on: message.id }));
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
      { type: "button", className: "reaction", "aria-label": `React with ${emoji}` },
      emoji,
    );
    button.addEventListener("click", () => react(message.id, emoji));
    return button;
  };
  return {
    element,
    /** @param {MessageFacts} now */
    update(now) {
      if (isBot) showMarkdown(now.text);
      else if (body.textContent !== now.text) body.textContent = now.text;
      showMarks(now.marks);
      element.classList.toggle("under-way", !isBot && isUnderWay(now.marks));
      showControls(now.controls);
    },
  };
}

/** @param {string} emoji */
const markElement = (emoji) =>
  make("span", { className: "mark", role: "img", "aria-label": markName(emoji), title: markName(emoji) }, emoji);
