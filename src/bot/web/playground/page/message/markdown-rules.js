/**
 * @import { MarkdownIt, StateBlock, StateInline } from "/assets/vendor/markdown-it.mjs"
 */

/** LaTeX by its signs; a dollar sign before a digit or a space is money. */
const MATH = [/\\\(.+?\\\)/sy, /\\\[.+?\\\]/sy, /\$\$.+?\$\$/sy, /\$(?![\s\d])[^$\n]*?[^$\s\\]\$(?!\d)/y];
const FOOTNOTE = /\[\^([\w-]{1,32})\]/y;
const FOOTNOTE_TEXT = /^\[\^[\w-]{1,32}\]:\s+\S/;
const TASK = /^\[([ xX])\]\s+/;

/**
 * Adds what chat models write besides plain Markdown: LaTeX (left exactly as it is), footnotes, task lists. A picture is
 * a link that names its host: this page loads nothing from elsewhere.
 * @param {MarkdownIt} parser
 */
export function addRules(parser) {
  parser.inline.ruler.before("escape", "math", readMath);
  parser.block.ruler.before("fence", "math_block", readMathBlock, { alt: ["paragraph"] });
  parser.inline.ruler.before("link", "footnote", readFootnote);
  parser.block.ruler.before("reference", "footnote_text", readFootnoteText, { alt: ["paragraph"] });
  parser.core.ruler.after("inline", "tasks", ({ tokens }) => {
    tokens.forEach((token, index) => {
      const first = token.children?.[0];
      const item = tokens[index - 2];
      const sign = TASK.exec(first?.content ?? "");
      if (sign === null || first === undefined || item?.type !== "list_item_open") return;
      first.content = `${sign[1] === " " ? "☐" : "☑"} ${first.content.slice(sign[0].length)}`;
      item.attrJoin("class", "task");
    });
  });
  const { rules, renderInlineAsText } = parser.renderer;
  const { escapeHtml } = parser.utils;
  rules.math = (tokens, index) => `<span class="math">${escapeHtml(tokens[index]?.content ?? "")}</span>`;
  rules.math_block = (tokens, index) => `<p class="math-block">${escapeHtml(tokens[index]?.content ?? "")}</p>`;
  rules.footnote = (tokens, index) => `<sup>[${escapeHtml(tokens[index]?.content ?? "")}]</sup>`;
  rules.image = (tokens, index, options, environment) => {
    const token = tokens[index];
    const address = String(token?.attrGet("src") ?? "");
    const words = renderInlineAsText.call(parser.renderer, token?.children ?? [], options, environment) || "image";
    const host = /^https?:\/\/([^/?#]+)/i.exec(address)?.[1] ?? "";
    return `<a href="${escapeHtml(address)}">${escapeHtml(words)}</a> (image at ${escapeHtml(host)})`;
  };
}

/** @type {(state: StateInline, silent: boolean) => boolean} */
function readMath(state, silent) {
  const sign = state.src[state.pos];
  if (sign !== "$" && sign !== "\\") return false;
  for (const pattern of MATH) {
    pattern.lastIndex = state.pos;
    const found = pattern.exec(state.src)?.[0];
    if (found === undefined) continue;
    if (!silent) state.push("math", "", 0).content = found;
    state.pos += found.length;
    return true;
  }
  return false;
}

/** @type {(state: StateBlock, start: number, end: number, silent: boolean) => boolean} */
function readMathBlock(state, start, end, silent) {
  /** @param {number} line */
  const textOf = (line) => state.src.slice((state.bMarks[line] ?? 0) + (state.tShift[line] ?? 0), state.eMarks[line]);
  const first = textOf(start).trim();
  const close = first.startsWith("$$") ? "$$" : first.startsWith("\\[") ? "\\]" : undefined;
  if (close === undefined || (first.length > 2 && first.includes(close, 2) && !first.endsWith(close))) return false;
  let last = start;
  const isClosed = () =>
    last === start ? first.length > 3 && first.endsWith(close) : textOf(last).trimEnd().endsWith(close);
  while (!isClosed()) {
    last += 1;
    if (last >= end || textOf(last).trim() === "") return false;
  }
  if (silent) return true;
  state.push("math_block", "", 0).content = state.getLines(start, last + 1, state.blkIndent, false).trim();
  state.line = last + 1;
  return true;
}

/** @type {(state: StateInline, silent: boolean) => boolean} */
function readFootnote(state, silent) {
  FOOTNOTE.lastIndex = state.pos;
  const found = FOOTNOTE.exec(state.src);
  if (found === null) return false;
  if (!silent) state.push("footnote", "", 0).content = found[1] ?? "";
  state.pos += found[0].length;
  return true;
}

/** A footnote's own text, which would otherwise be a link's address and vanish. @type {typeof readMathBlock} */
function readFootnoteText(state, start, _end, silent) {
  const line = state.getLines(start, start + 1, state.blkIndent, false).trim();
  if (!FOOTNOTE_TEXT.test(line)) return false;
  if (silent) return true;
  state.push("paragraph_open", "p", 1);
  const inline = state.push("inline", "", 0);
  inline.content = line.replace("]:", "]");
  inline.children = [];
  state.push("paragraph_close", "p", -1);
  state.line = start + 1;
  return true;
}
