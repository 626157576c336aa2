import { make } from "/assets/shared/elements.js";
import { colour } from "./highlight.js";

const COPIED_MS = 2_000;

/** Frames a block of code: its language, a button that copies it, and colours. */
export function frameCode(code) {
  const language = /language-(\S+)/.exec(code.className)?.[1];
  const copy = make("button", { type: "button", className: "copy" }, "Copy");
  copy.addEventListener("click", () => copyText(code, copy));
  const frame = make(
    "figure",
    { className: "code-frame" },
    make("figcaption", {}, make("span", {}, language ?? "text"), copy),
  );
  const pre = code.parentElement;
  pre.tabIndex = 0;
  pre.setAttribute("role", "group");
  pre.setAttribute("aria-label", language === undefined ? "Code" : `Code in ${language}`);
  pre.replaceWith(frame);
  frame.append(pre);
  if (language !== undefined) colour(code, language);
}

async function copyText(code, button) {
  try {
    await navigator.clipboard.writeText(code.textContent);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Press Ctrl+C"; // the browser refuses: the text is selected for it
    getSelection().selectAllChildren(code);
  }
  setTimeout(() => {
    button.textContent = "Copy";
  }, COPIED_MS);
}
