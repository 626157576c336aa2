import { make } from "/assets/shared/elements.js";
import { isUnderWay, markName } from "/assets/shared/texts.js";
import { clockWords } from "/assets/shared/time.js";
import { createControlsView } from "./controls.js";
import { createMarkdownView } from "./markdown.js";

/** One message of the conversation, kept in step with what is known of it. */
export function createMessageView(message, { press, react }) {
  const isBot = message.author === "bot";
  const author = isBot ? "Evergreen" : "You";
  const body = make("div", { className: "body" });
  const marks = make("span", { className: "marks" });
  const time = message.at === undefined ? undefined : clockWords(message.at);
  const head = make(
    "div",
    { className: "head" },
    make("span", { className: "author" }, author),
    ...(time === undefined ? [] : [make("time", { dateTime: new Date(message.at).toISOString() }, time)]),
    marks,
  );
  const extras = make("div");
  const bubble = make("div", { className: "bubble" }, head, body, extras);
  const label = time === undefined ? author : `${author}, ${time}`;
  const element = make("article", { className: `message ${message.author}`, "aria-label": label }, bubble);
  element.dataset.id = message.id;
  const showMarkdown = createMarkdownView(body);
  const showControls = createControlsView(extras, (command) => press(command, { on: message.id }));
  let shownMarks = "";

  const showMarks = (emojis) => {
    if (emojis.join(" ") === shownMarks) return;
    shownMarks = emojis.join(" ");
    marks.replaceChildren(...emojis.map((emoji) => (isBot ? reaction(emoji) : markElement(emoji))));
  };
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
    update(now) {
      if (isBot) showMarkdown(now.text);
      else if (body.textContent !== now.text) body.textContent = now.text;
      showMarks(now.marks);
      element.classList.toggle("under-way", !isBot && isUnderWay(now.marks));
      showControls(now.controls);
    },
  };
}

const markElement = (emoji) =>
  make("span", { className: "mark", role: "img", "aria-label": markName(emoji), title: markName(emoji) }, emoji);
