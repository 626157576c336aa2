import { make } from "/assets/shared/elements.js";
import { t } from "/assets/shared/translate.js";
import createDOMPurify from "/assets/vendor/purify.mjs";

const COPIED_MS = 2_000;

/**
 * Frames a block of code: its language, a button that copies it, and colours.
 * @param {HTMLElement} code
 */
export function frameCode(code) {
  const language = /language-(\S+)/.exec(code.className)?.[1];
  const copy = make("button", { type: "button", className: "copy" }, t`Copy`);
  copy.addEventListener("click", () => copyText(code, copy));
  const frame = make(
    "figure",
    { className: "code-frame" },
    make("figcaption", {}, make("span", {}, language ?? "text"), copy),
  );
  const pre = code.parentElement;
  if (pre === null) return;
  pre.tabIndex = 0;
  pre.setAttribute("role", "group");
  pre.setAttribute("aria-label", language === undefined ? t`Code` : t`Code in ${language}`);
  pre.replaceWith(frame);
  frame.append(pre);
  if (language !== undefined) colour(code, language);
}

/**
 * @param {HTMLElement} code
 * @param {HTMLButtonElement} button
 */
async function copyText(code, button) {
  try {
    await navigator.clipboard.writeText(code.textContent);
    button.textContent = t`Copied`;
  } catch {
    button.textContent = t`Press Ctrl+C`; // the browser refuses: the text is selected for it
    getSelection()?.selectAllChildren(code);
  }
  setTimeout(() => {
    button.textContent = t`Copy`;
  }, COPIED_MS);
}

/**
 * The part of highlight.js that is used here; its ES modules have no types of their own.
 * @typedef {object} Highlighter
 * @property {(code: string, terms: { language: string, ignoreIllegals: boolean }) => { value: string }} highlight
 * @property {(name: string, definition: unknown) => void} registerLanguage
 */

const FOLDER = "/assets/vendor/highlight";
/** What people write after the fence, by the grammar that fits. */
const GRAMMARS = Object.entries({
  bash: "bash sh shell zsh console terminal",
  c: "c h",
  cpp: "cpp c++ cc hpp cxx",
  csharp: "csharp cs c#",
  css: "css",
  diff: "diff patch",
  dockerfile: "dockerfile docker",
  go: "go golang",
  graphql: "graphql gql",
  ini: "ini toml conf",
  java: "java",
  javascript: "javascript js jsx mjs cjs node",
  json: "json jsonc json5",
  kotlin: "kotlin kt kts",
  lua: "lua",
  makefile: "makefile make mk",
  markdown: "markdown md",
  php: "php",
  python: "python py python3",
  ruby: "ruby rb",
  rust: "rust rs",
  sql: "sql postgres postgresql mysql sqlite",
  swift: "swift",
  typescript: "typescript ts tsx mts",
  xml: "xml html xhtml svg vue",
  yaml: "yaml yml",
});
const byName = new Map(GRAMMARS.flatMap(([grammar, names]) => names.split(" ").map((name) => [name, grammar])));
/** Colouring more would hold the page up. */
const MOST_CHARS = 20_000;
/** A block that still grows is replaced before that. */
const SETTLED_MS = 250;

const RULES = { ALLOWED_TAGS: ["span"], ALLOWED_ATTR: ["class"], RETURN_DOM_FRAGMENT: true };
/** @type {Map<string, Promise<Highlighter>>} */
const loading = new Map();
/** @type {WeakMap<Element, string>} */
const waiting = new WeakMap();
const seen = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    seen.unobserve(target);
    const grammar = waiting.get(target);
    waiting.delete(target);
    if (grammar === undefined || !(target instanceof HTMLElement)) continue;
    paint(target, grammar).catch(() => {}); // plain text is good as well
  }
});

/**
 * Colours a block of code once it has stopped growing and is in view.
 * @param {HTMLElement} code
 * @param {string} language
 */
function colour(code, language) {
  const grammar = byName.get(language.toLowerCase());
  if (grammar === undefined || code.textContent.length > MOST_CHARS) return;
  setTimeout(() => {
    if (!code.isConnected) return;
    waiting.set(code, grammar);
    seen.observe(code);
  }, SETTLED_MS);
}

/**
 * @param {HTMLElement} code
 * @param {string} grammar
 */
async function paint(code, grammar) {
  const highlighter = await load(grammar);
  const { value } = highlighter.highlight(code.textContent, { language: grammar, ignoreIllegals: true });
  code.replaceChildren(createDOMPurify.sanitize(value, RULES));
}

/**
 * @param {string} grammar
 * @returns {Promise<Highlighter>}
 */
function load(grammar) {
  const known = loading.get(grammar);
  if (known !== undefined) return known;
  const loaded = Promise.all([import(`${FOLDER}/core.mjs`), import(`${FOLDER}/${grammar}.mjs`)]).then(
    ([{ default: highlighter }, { default: definition }]) => {
      highlighter.registerLanguage(grammar, definition);
      return highlighter;
    },
  );
  loading.set(grammar, loaded);
  return loaded;
}
