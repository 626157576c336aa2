import { make } from "/assets/shared/elements.js";
import { t } from "/assets/shared/translate.js";
import { createControlsView } from "./controls.js";
import { createFilesView } from "./files.js";
import { createMarkdownView } from "./markdown.js";

/**
 * @import { MessageFacts, Press } from "./message.js"
 * @typedef {Pick<MessageFacts, "id" | "text" | "timed" | "controls" | "files" | "panel"> & { isQuiet?: true, isFailure?: true }} EphemeralReply
 */

/**
 * A reply to a command: for this person only, gone with the page.
 * @param {{ command: string | undefined, press: Press, onDismiss(): void }} terms
 */
export function createEphemeralView({ command, press, onDismiss }) {
  const body = make("div", { className: "body" });
  const files = make("div");
  const extras = make("div");
  const dismiss = make("button", { type: "button", className: "link" }, t`Dismiss`);
  const title = command === undefined ? [] : [make("code", { className: "typed" }, command)];
  const bubble = make(
    "div",
    { className: "bubble" },
    make("div", { className: "head" }, ...title),
    body,
    files,
    extras,
    make("p", { className: "only-you" }, make("span", {}, t`👁 Only you can see this`), " · ", dismiss),
  );
  const label = command === undefined ? t`Reply, only you can see this` : t`Reply to ${command}, only you can see this`;
  const element = make("article", { className: "message ephemeral", "aria-label": label }, bubble);
  const show = createMarkdownView(body);
  const showFiles = createFilesView(files);
  /** @type {EphemeralReply | undefined} */
  let now;
  const showControls = createControlsView(extras, (command) => press(command, now && { panel: now.panel, id: now.id }));
  dismiss.addEventListener("click", () => {
    element.remove();
    onDismiss();
  });
  return {
    element,
    /** @param {EphemeralReply} reply */
    update(reply) {
      now = reply;
      show(reply.text);
      showFiles(reply.files);
      showControls(reply.controls);
    },
  };
}
