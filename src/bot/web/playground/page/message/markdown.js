import MarkdownIt from "/assets/vendor/markdown-it.mjs";
import createDOMPurify from "/assets/vendor/purify.mjs";
import { frameCode } from "./code.js";
import { addRules } from "./markdown-rules.js";

const parser = new MarkdownIt({ html: false, linkify: true, breaks: true });
addRules(parser);
alignByClass("th_open");
alignByClass("td_open");

const TAGS = "p br hr h1 h2 h3 h4 h5 h6 em strong s a ul ol li blockquote pre code span sup table thead tbody tr th td";
const ATTRIBUTES = "href title class start";
const RULES = /** @type {const} */ ({
  ALLOWED_TAGS: TAGS.split(" "),
  ALLOWED_ATTR: ATTRIBUTES.split(" "),
  ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  RETURN_DOM_FRAGMENT: true,
});
const PROSE_CHARS = 40;
const CLASSES = /^(language-[\w+#.-]{1,32}|align-(left|center|right)|task|math|math-block)$/;

/**
 * Aligns table cells by a class: the policy of this page refuses style attributes, which the parser uses.
 * @param {string} rule
 */
function alignByClass(rule) {
  parser.renderer.rules[rule] = (tokens, index, options, _environment, self) => {
    const token = tokens[index];
    const side = /text-align:(left|center|right)/.exec(String(token?.attrGet("style")))?.[1];
    if (token !== undefined) token.attrs = side === undefined ? null : [["class", `align-${side}`]];
    return self.renderToken(tokens, index, options);
  };
}

/**
 * The HTML of each top-level block.
 * @param {string} text
 */
function blocksOf(text) {
  const environment = {};
  const tokens = parser.parse(text, environment);
  /** @type {string[]} */
  const blocks = [];
  let start = 0;
  let depth = 0;
  tokens.forEach((token, index) => {
    depth += token.nesting;
    if (depth > 0) return;
    blocks.push(parser.renderer.render(tokens.slice(start, index + 1), parser.options, environment));
    start = index + 1;
  });
  return blocks;
}

/**
 * Keeps an element in step with a growing text: only the blocks that changed are sanitised and put in place, so that
 * a long answer costs no more than its last paragraph, and a selection above it stays.
 * @param {HTMLElement} element
 * @returns {(text: string) => void}
 */
export function createMarkdownView(element) {
  /** @type {{ html: string, node: HTMLElement }[]} */
  let shown = [];
  return (text) => {
    const blocks = blocksOf(text);
    const same = blocks.findIndex((block, index) => block !== shown[index]?.html);
    const kept = same === -1 ? blocks.length : same;
    for (const { node } of shown.slice(kept)) node.remove();
    shown = shown.slice(0, kept);
    for (const html of blocks.slice(kept)) {
      const node = document.createElement("div");
      node.className = "block";
      node.append(sanitised(html));
      element.append(node);
      shown.push({ html, node });
    }
  };
}

/** @param {string} html */
function sanitised(html) {
  const fragment = createDOMPurify.sanitize(html, RULES);
  for (const element of fragment.querySelectorAll("[class]")) {
    if (!CLASSES.test(element.className)) element.removeAttribute("class");
  }
  for (const link of fragment.querySelectorAll("a")) {
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    tellHost(link);
  }
  for (const table of fragment.querySelectorAll("table")) {
    const frame = document.createElement("div");
    frame.className = "table-frame";
    frame.tabIndex = 0; // so that the arrow keys scroll it
    frame.setAttribute("role", "group");
    frame.setAttribute("aria-label", "Table");
    // Long texts wrap; numbers and names stay in one piece, and the table scrolls.
    for (const cell of table.querySelectorAll("th, td")) {
      cell.classList.toggle("prose", (cell.textContent ?? "").length > PROSE_CHARS);
    }
    table.replaceWith(frame);
    frame.append(table);
  }
  for (const code of fragment.querySelectorAll("pre > code")) if (code instanceof HTMLElement) frameCode(code);
  return fragment;
}

const IMAGE_NAME = /\.(?:png|jpe?g|gif|webp|avif|svg)$/i;
const NAMED_HOST = /^(?:https?:\/\/|www\.)?((?:[\p{L}\p{N}-]+\.)+\p{L}{2,})(?:[/?#:]|$)/iu;

/**
 * Puts the host behind a link to a picture, and behind one whose words are another address, as far as the bot has not
 * done so: links by reference are known only here.
 * @param {HTMLAnchorElement} link
 */
function tellHost(link) {
  const words = (link.textContent ?? "").replace(/[\p{Cf}\p{Cc}]/gu, "").trim();
  const named = NAMED_HOST.exec(words)?.[1]
    ?.toLowerCase()
    .replace(/^www\./, "");
  const real = link.hostname;
  const behind = link.nextSibling?.textContent ?? "";
  if (named === undefined && IMAGE_NAME.test(link.pathname) && !behind.startsWith(" (image at"))
    return link.after(` (image at ${real})`);
  const isHonest = named === undefined || real === named || real === `www.${named}` || real.endsWith(`.${named}`);
  if (isHonest || link.protocol === "mailto:" || behind.startsWith(" (→")) return;
  link.after(` (→ ${real})`);
}
