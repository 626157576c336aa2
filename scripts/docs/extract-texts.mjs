import { parseAst } from "rolldown/parseAst";

/**
 * A text of the source that a person may see.
 * @typedef {object} FoundText
 * @property {"text" | "error" | "log" | "setting"} kind what shows it: `setting` explains a variable, an option or a command
 * @property {string} text in one line; what is filled in stands in braces, a line break is ⏎
 */

/** Properties and calls whose strings are names for the program, whatever they look like. */
const NAME_KEYS =
  /^(class|className|path|id|kind|type|state|code|event|key|rel|role|href|src|method|scope|unit|period|selector|platform|sql|url|variable|example|pattern|contentType|accept|dataset|tagName|htmlFor|command|usage|fontFamily|font|d|viewBox)$/;
const NAME_CALLS =
  /^(includes|startsWith|endsWith|indexOf|split|join|replaceAll|match|test|search|getElementById|querySelector|querySelectorAll|closest|matches|addEventListener|removeEventListener|createElement|createElementNS|setProperty|getItem|setItem|removeItem|has|get|delete|all|query|exec|prepare|run|eval|register|header|createHash|update|digest|encode|on|once|off|emit|toLocaleString|padEnd|padStart|RegExp|Symbol|set|defineScript|byId|one|find|hasOwn)$/;
/** Properties whose strings are read by people, also when they are one word. */
const TEXT_KEYS =
  /^(label|labels|title|about|placeholder|description|markdown|text|fix|hint|alt|ariaLabel|textContent|message|heading|summary|notice|fault|words)$/;
const SETTING_KEYS = /^about$/;
const FAULTS = /^(Error|TypeError|RangeError|SyntaxError|AbortError)$/;
const OWN_ERRORS = /Error$/;
const LOG_LEVELS = /^(trace|debug|info|warn|error|fatal)$/;
/** Tags of templates that people read. */
const TRANSLATED = /^(t|phrase)$/;
const LETTERS = /\p{L}{2}/u;
const PROSE = /\p{L}[\p{L}\p{N}’'`,:;.!?)}]*\s+[`({]*[\p{L}{]|\p{Extended_Pictographic}|[\p{L})}][.!?…]$/u;
/** Statements, formats and lists of names that look like prose. */
const CODE =
  /redis\.call|ARGV|^\{(WRITE|NOW)\}|^,"|^export const |^\(prefers-|^\(pointer|^\/[a-z-]+( [a-z:{}_…-]+)*$|^\s*(select|insert|delete from|create (table|index|unique)|pragma|update \w+ set|alter|with |local |return |begin|commit|where|order by|default-src|font-src|script-src|form-action|application\/|text\/|max-age|no-cache|Bearer )|^[a-z-]+( [a-z]+-[a-z-]+)+$|^(?:[a-z]+-)+[a-z]+( [a-z-]+)+$/i;
const ONE_WORD = /^\S+$/;

const nameOf = (node) => node?.name ?? node?.property?.name ?? node?.value ?? "";

/** Returns how a value is shown in a text: its own words where it is a choice of two texts, else a short name. */
function placeholder(node, code, shown) {
  const source = code.slice(node.start, node.end).replace(/\s+/g, " ");
  if (node.type === "ConditionalExpression") {
    const sides = [node.consequent, node.alternate].map((side) => textOf(side, code, shown));
    if (sides.every((side) => side !== undefined)) {
      shown.add(node.consequent).add(node.alternate);
      return `{${sides.join("|")}}`;
    }
  }
  if (node.type === "CallExpression" && nameOf(node.callee) === "code") {
    const inner =
      node.arguments.length === 1
        ? (textOf(node.arguments[0], code, shown) ?? placeholder(node.arguments[0], code, shown))
        : "{…}";
    return `\`${inner}\``;
  }
  if (node.type === "CallExpression" && nameOf(node.callee) === "plural") {
    for (const each of node.arguments) shown.add(each);
    return `{${node.arguments.map((each) => code.slice(each.start, each.end).replaceAll('"', "")).join(" ")}}`;
  }
  if (node.type === "Identifier") return `{${node.name}}`;
  if (node.type === "MemberExpression" && !node.computed) return `{${nameOf(node)}}`;
  return source.length <= 30 && !/["`{}]/.test(source) ? `{${source}}` : "{…}";
}

/** A line break of the source that stands for a space in a translated text (`src/languages/translate.ts`). */
export const foldedPart = (part) => part.replace(/\n {2,}/g, " ");

/** Returns the text of a literal, a template or a sum of them; undefined for any other node. */
function textOf(node, code, shown) {
  if (node.type === "Literal") return typeof node.value === "string" ? node.value : undefined;
  if (node.type === "TemplateLiteral") {
    const parts = node.quasis.flatMap(({ value }, index) => {
      const expression = node.expressions[index];
      return [
        foldedPart(value.cooked ?? value.raw),
        expression === undefined ? "" : placeholder(expression, code, shown),
      ];
    });
    return parts.join("");
  }
  if (node.type === "BinaryExpression" && node.operator === "+") {
    const sides = [node.left, node.right].map((side) => textOf(side, code, shown));
    if (sides.every((side) => side === undefined)) return undefined;
    shown.add(node.left).add(node.right);
    return sides.map((side, index) => side ?? placeholder([node.left, node.right][index], code, shown)).join("");
  }
  return undefined;
}

/** What a literal is for, by what surrounds it, the nearest first; undefined where nobody reads it. */
function kindOf(ancestors) {
  const text = ancestors?.node.type === "TaggedTemplateExpression" ? "labelled" : "text";
  for (let at = ancestors; at !== undefined; at = at.outer) {
    const { node, child } = at;
    if (
      /^TS.*(Type|Keyword|Signature|Declaration)$|^(Import|ExportAll|ExportNamed)Declaration$/.test(node.type) &&
      node.type !== "TSEnumDeclaration" &&
      child !== node.declaration
    )
      return undefined;
    if (node.type === "ImportExpression") return undefined;
    if (node.type === "TaggedTemplateExpression" && !TRANSLATED.test(nameOf(node.tag))) return undefined;
    if (node.type === "SwitchCase" && node.test === child) return undefined;
    if (node.type === "Property" || node.type === "PropertyDefinition") {
      if (node.key === child) return undefined;
      const name = String(nameOf(node.key));
      if (NAME_KEYS.test(name)) return undefined;
      if (SETTING_KEYS.test(name)) return "setting";
      if (TEXT_KEYS.test(name)) return "labelled";
    }
    if (node.type === "AssignmentExpression" && node.right === child) {
      const name = String(nameOf(node.left));
      if (NAME_KEYS.test(name)) return undefined;
      if (TEXT_KEYS.test(name)) return "labelled";
    }
    if (node.type === "MemberExpression" && node.computed && node.property === child) return undefined;
    if (at === ancestors && node.type === "MemberExpression" && NAME_CALLS.test(nameOf(node))) return undefined;
    if (node.type === "BinaryExpression" && /^(===|!==|in)$/.test(node.operator)) return undefined;
    if ((node.type === "CallExpression" || node.type === "NewExpression") && node.callee !== child) {
      const name = String(nameOf(node.callee));
      if (node.type === "NewExpression" && FAULTS.test(name)) return undefined;
      if (node.type === "NewExpression" && OWN_ERRORS.test(name)) return "error";
      if (node.callee.type === "MemberExpression" && LOG_LEVELS.test(name) && /log$/i.test(nameOf(node.callee.object)))
        return "log";
      if (NAME_CALLS.test(name)) return undefined;
    }
    if (/^(ArrowFunctionExpression|FunctionExpression|FunctionDeclaration|BlockStatement|Program)$/.test(node.type))
      return text;
  }
  return text;
}

/**
 * Returns the texts of a TypeScript or JavaScript file that a person may see, in their order: every literal that reads
 * like words, except where it can only be a name for the program, an internal fault or a type.
 * @param {string} code
 * @returns {FoundText[]}
 */
export function extractTexts(code) {
  const found = [];
  /** Parts of a text that was added as a whole. */
  const shown = new Set();
  const visit = (node, ancestors) => {
    if (node === null || typeof node !== "object" || typeof node.type !== "string") return;
    if (!shown.has(node)) {
      const text = textOf(node, code, shown);
      if (text !== undefined) add(text, ancestors, found);
    }
    for (const key in node) {
      const value = node[key];
      if (value === null || typeof value !== "object") continue;
      for (const child of Array.isArray(value) ? value : [value]) visit(child, { node, child, outer: ancestors });
    }
  };
  visit(parseAst(code.replace(/^#!.*/, ""), { lang: "ts" }), undefined);
  return found;
}

function add(text, ancestors, found) {
  if (!LETTERS.test(text.replace(/\{[^{}|]*\}/g, ""))) return;
  if (/^\s*<(!doctype|[a-z]+[ >])/.test(text)) return found.push(...extractHtmlTexts(text));
  const kind = kindOf(ancestors);
  if (kind === undefined) return;
  const isLabel = kind === "setting" || kind === "labelled";
  if (CODE.test(text.trim()) || (!isLabel && (!PROSE.test(text) || ONE_WORD.test(text.trim())))) return;
  const line = text.trim().replace(/\s*\n\s*/g, " ⏎ ");
  found.push({ kind: kind === "labelled" ? "text" : kind, text: line });
}

/**
 * Returns the texts of an HTML file: what stands between its tags, and the attributes that people read, or that are read out.
 * @param {string} html
 * @returns {FoundText[]}
 */
export function extractHtmlTexts(html) {
  const bare = html.replace(/<!--[\s\S]*?-->|<svg[\s\S]*?<\/svg>/g, "");
  const parts = [...bare.matchAll(/(?:aria-label|title|placeholder|alt)="([^"]+)"|>([^<]+)</g)];
  return parts.flatMap(([, attribute, between]) => {
    const text = (attribute ?? between).replace(/\s+/g, " ").trim();
    return LETTERS.test(text) ? [{ kind: /** @type {const} */ ("text"), text }] : [];
  });
}
