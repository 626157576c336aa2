import { make } from "/assets/shared/elements.js";
import { LANGUAGE, t } from "/assets/shared/translate.js";
import { dollars } from "../model/find-models.js";

const COPIED_MS = 2_000;
const RATINGS = [
  { command: "/chat rate good", label: "👍", words: t`Good answer` },
  { command: "/chat rate bad", label: "👎", words: t`Bad answer` },
];

/**
 * @import { Controls } from "./controls.js"
 * @import { MessageActions, MessageFacts } from "./message.js"
 */

/**
 * The line under an answer: what gave it and what it took, and what can be done with it.
 * @param {HTMLElement} bubble
 * @param {{ message: string, actions: MessageActions }} terms
 */
export function createAnswerRow(bubble, { message, actions }) {
  const facts = make("span", { className: "answer-facts" });
  const copy = make("button", { type: "button", className: "quiet-button small" }, t`Copy`);
  const retry = make("button", { type: "button", className: "quiet-button small", hidden: true });
  const other = make("button", { type: "button", className: "quiet-button small", hidden: true }, t`Retry with…`);
  const ratings = RATINGS.map(({ command, label, words }) => ({
    command,
    button: make(
      "button",
      { type: "button", className: "quiet-button small", "aria-label": words, "aria-pressed": "false", hidden: true },
      label,
    ),
  }));
  const rates = ratings.map(({ button }) => button);
  const buttons = make("span", { className: "answer-actions" }, copy, retry, other, ...rates);
  bubble.append(make("div", { className: "answer-row" }, facts, buttons));
  let text = "";

  copy.addEventListener("click", async () => {
    const isCopied = await navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
    copy.textContent = isCopied ? t`Copied` : t`The browser refuses`;
    setTimeout(() => {
      copy.textContent = t`Copy`;
    }, COPIED_MS);
  });
  retry.addEventListener("click", () => actions.press("/chat retry", { on: message }));
  other.addEventListener("click", () => actions.retryWith(message));
  for (const { command, button } of ratings) {
    button.addEventListener("click", () =>
      actions.press(command, {
        on: message,
        onReply({ isFailure }) {
          if (isFailure) return; // nothing was counted
          for (const each of rates) each.setAttribute("aria-pressed", String(each === button));
        },
      }),
    );
  }

  return {
    /**
     * Shows the line, and returns the controls that are left for elsewhere.
     * @param {MessageFacts} now
     * @returns {Controls}
     */
    show(now) {
      text = now.text;
      const words = now.answer === undefined ? "" : answerWords(now.answer);
      if (facts.textContent !== words) facts.textContent = words;
      const again = now.controls.find((control) => "command" in control && control.command === "/chat retry");
      const canRetry = now.isLast === true && again !== undefined;
      keepFocus([retry, other], canRetry, bubble);
      retry.hidden = !canRetry;
      if (again !== undefined && retry.textContent !== again.label) retry.textContent = again.label;
      other.hidden = !canRetry || !now.controls.some(isRetryMenu);
      const offered = ratings.map(({ command }) => now.controls.some((control) => isCommand(control, command)));
      ratings.forEach(({ button }, index) => {
        button.hidden = offered[index] !== true;
      });
      const isShownHere = (/** @type {Controls[number]} */ control) =>
        control === again || RATINGS.some(({ command }) => isCommand(control, command));
      return now.controls.filter((control) => !isShownHere(control) && !isRetryMenu(control) && !isStop(control));
    },
  };
}

/**
 * A focused button that goes leaves the focus on its message.
 * @param {readonly HTMLElement[]} buttons
 * @param {boolean} stay
 * @param {HTMLElement} bubble
 */
function keepFocus(buttons, stay, bubble) {
  const message = bubble.closest(".message");
  if (stay || !buttons.some((button) => button === document.activeElement) || !(message instanceof HTMLElement)) return;
  message.tabIndex = -1;
  message.focus({ preventScroll: true });
}

/** @param {Controls[number]} control */
const isRetryMenu = (control) =>
  "options" in control && control.options.some(({ command }) => command.startsWith("/chat retry "));

/** @type {(control: Controls[number], command: string) => boolean} */
const isCommand = (control, command) => "command" in control && control.command === command;

/** There is one Stop button, beside the composer. @param {Controls[number]} control */
const isStop = (control) => isCommand(control, "/chat stop");

/** @param {NonNullable<MessageFacts["answer"]>} answer */
function answerWords({ model, durationMs, tokens, costUsd }) {
  return [
    model,
    `${(durationMs / 1000).toFixed(1)} s`,
    ...(tokens === null ? [] : [t`${tokens.toLocaleString(LANGUAGE)} tokens`]),
    ...(costUsd === null ? [] : [costUsd === 0 ? t`free` : dollars(costUsd)]),
  ].join(" · ");
}
