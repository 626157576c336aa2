import { controlRow } from "./controls.js";
import { make } from "./elements.js";
import { createMarkdownView } from "./markdown.js";
import { isUnderWay, markName } from "./texts.js";
import { clockWords } from "./time.js";

/** One message of the conversation, kept in step with what is known of it. */
export function createMessageView(message, press) {
  const isBot = message.author === "bot";
  const body = make("div", { className: "body" });
  const marks = make("span", { className: "marks" });
  const head = make(
    "div",
    { className: "head" },
    make("span", { className: "author" }, isBot ? "Evergreen" : "You"),
    ...(message.at === undefined
      ? []
      : [make("time", { dateTime: new Date(message.at).toISOString() }, clockWords(message.at))]),
    marks,
  );
  const bubble = make("div", { className: "bubble" }, head, body);
  const element = make("article", { className: `message ${message.author}` }, bubble);
  element.dataset.id = message.id;
  const showMarkdown = createMarkdownView(body);
  let controls;

  return {
    element,
    update(now) {
      if (isBot) showMarkdown(now.text);
      else if (body.textContent !== now.text) body.textContent = now.text;
      marks.replaceChildren(...now.marks.map(markElement));
      element.classList.toggle("under-way", !isBot && isUnderWay(now.marks));
      controls?.remove();
      controls = now.controls?.length > 0 ? controlRow(now.controls, press) : undefined;
      if (controls !== undefined) bubble.append(controls);
    },
  };
}

const markElement = (emoji) =>
  make("span", { className: "mark", role: "img", "aria-label": markName(emoji), title: markName(emoji) }, emoji);
