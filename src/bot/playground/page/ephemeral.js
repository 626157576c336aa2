import { controlRow } from "./controls.js";
import { make } from "./elements.js";
import { createMarkdownView } from "./markdown.js";

/** A reply to a command: for this person only, gone with the page. */
export function createEphemeralView({ command, press, onDismiss }) {
  const body = make("div", { className: "body" });
  const extras = make("div");
  const dismiss = make("button", { type: "button", className: "link" }, "Dismiss");
  const title = command === undefined ? [] : [make("code", { className: "typed" }, command)];
  const bubble = make(
    "div",
    { className: "bubble" },
    make("div", { className: "head" }, ...title),
    body,
    extras,
    make("p", { className: "only-you" }, make("span", {}, "👁 Only you can see this"), " · ", dismiss),
  );
  const element = make("article", { className: "message ephemeral" }, bubble);
  const show = createMarkdownView(body);
  dismiss.addEventListener("click", () => {
    element.remove();
    onDismiss();
  });
  return {
    element,
    update({ text, controls = [], files = [] }) {
      show(text);
      extras.replaceChildren(...files.map(fileLink), ...(controls.length === 0 ? [] : [controlRow(controls, press)]));
    },
  };
}

function fileLink({ name, alt, base64 }) {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const link = make("a", { className: "button small", download: name, title: alt }, `⬇ ${name}`);
  link.href = URL.createObjectURL(new Blob([bytes]));
  return link;
}
