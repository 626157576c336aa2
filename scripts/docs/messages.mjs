import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAst } from "rolldown/parseAst";
import { extractHtmlTexts, foldedPart } from "./extract-texts.mjs";

const isPage = (file) => /(^|\/)page\//.test(file);
const isCommand = (file) => file.startsWith("commands/");

/** Returns the text of a literal, of literals that are added up, or of a template with its values numbered. */
function keyOf(node) {
  if (node.type === "Literal" && typeof node.value === "string") return node.value;
  if (node.type === "TemplateLiteral") {
    const parts = node.quasis.map(({ value }) => foldedPart(value.cooked));
    return parts.reduce((sum, part, index) => `${sum}{${index - 1}}${part}`);
  }
  if (node.type === "BinaryExpression" && node.operator === "+") {
    const sides = [keyOf(node.left), keyOf(node.right)];
    return sides.includes(undefined) ? undefined : sides.join("");
  }
  return undefined;
}

/** What a node declares to be a message: a list, mostly empty. */
function messagesOf(node, file) {
  const name = node.callee?.name ?? node.tag?.name;
  if (node.type === "TaggedTemplateExpression" && (name === "t" || name === "phrase")) return [keyOf(node.quasi)];
  if (node.type === "CallExpression" && name === "t") return [keyOf(node.arguments[0])];
  if (node.type === "CallExpression" && name === "plural") {
    const [, one, many] = node.arguments.map(keyOf);
    return one === undefined ? [] : [`{0} ${one}|{0} ${many ?? `${one}s`}`];
  }
  // What commands and options say of themselves, and the names of choices, which are translated where they are shown.
  if (node.type !== "ObjectExpression" || !isCommand(file)) return [];
  const values = new Map(node.properties.map(({ key, value }) => [key?.name, value]));
  const shown = [values.get("about"), values.has("value") ? values.get("label") : undefined];
  return shown.flatMap((value) => (value === undefined ? [] : [keyOf(value)])).filter((text) => /\p{L}{2}/u.test(text));
}

/**
 * Returns the messages of a TypeScript or JavaScript file: what is written by t`…` and `plural`, marked by phrase`…`,
 * or says what a command is about.
 * @param {string} code
 * @param {string} file relative to the source
 */
export function extractMessages(code, file) {
  const found = [];
  const visit = (node) => {
    if (node === null || typeof node !== "object") return;
    if (Array.isArray(node)) return node.forEach(visit);
    if (typeof node.type === "string") found.push(...messagesOf(node, file).filter((key) => key !== undefined));
    Object.values(node).forEach(visit);
  };
  visit(parseAst(code.replace(/^#!.*/, ""), { lang: "ts" }));
  return found;
}

/**
 * Returns every message of a source folder, each once, in the order of the files: those that pages in the browser need,
 * and the rest.
 * @param {string} folder
 * @returns {{ bot: string[], pages: string[] }}
 */
export function collectMessages(folder) {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => name.replaceAll("\\", "/"));
  const files = names.filter((name) => /\.(ts|js|html)$/.test(name)).sort();
  const [bot, pages] = [new Set(), new Set()];
  for (const file of files) {
    const code = readFileSync(join(folder, file), "utf8");
    const isHtml = file.endsWith(".html");
    const found = isHtml ? extractHtmlTexts(code).map(({ text }) => text) : extractMessages(code, file);
    for (const text of found) (isPage(file) ? pages : bot).add(text);
  }
  return { bot: [...bot].filter((text) => !pages.has(text)), pages: [...pages] };
}

const asJson = (value) => `${JSON.stringify(value, null, 2)}\n`;
const listed = (messages, translate) => Object.fromEntries(messages.map((text) => [text, translate(text)]));

/**
 * Returns docs/messages.json: every message with nothing beside it, from which a new language begins.
 * @param {{ bot: readonly string[], pages: readonly string[] }} messages
 */
export const messagesFile = ({ bot, pages }) => asJson({ bot: listed(bot, () => ""), pages: listed(pages, () => "") });

/**
 * Returns a language's file with the messages that there are now: their translations as they were, "" for those that
 * have none yet.
 * @param {{ bot: readonly string[], pages: readonly string[] }} messages
 * @param {string} before the file as it is
 */
export function languageFile({ bot, pages }, before) {
  const known = JSON.parse(before);
  const old = { ...known.bot, ...known.pages };
  const translate = (text) => (Object.hasOwn(old, text) ? old[text] : "");
  return asJson({ bot: listed(bot, translate), pages: listed(pages, translate) });
}
