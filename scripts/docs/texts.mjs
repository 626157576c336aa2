import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { extractHtmlTexts, extractTexts } from "./extract-texts.mjs";

/** How many of two texts' words have to be the same for "almost the same". */
const ALIKE = 0.75;
/** Shorter texts are alike by chance. */
const MIN_WORDS = 5;

/**
 * Returns every text of a source folder that a person may see, with the file that says it, in the files' order.
 * @param {string} folder
 * @returns {(import("./extract-texts.mjs").FoundText & { file: string })[]} `file` is relative to the folder
 */
export function collectTexts(folder) {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => name.replaceAll("\\", "/"));
  const files = names.filter((name) => /\.(ts|js|html)$/.test(name)).sort();
  return files.flatMap((file) => {
    const code = readFileSync(join(folder, file), "utf8");
    const found = file.endsWith(".html") ? extractHtmlTexts(code) : extractTexts(code);
    return found.map((text) => ({ ...text, file }));
  });
}

/** Returns the items by key, in their order (Node 20 has no Map.groupBy). */
function grouped(items, keyOf) {
  const groups = new Map();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key) ?? [];
    groups.set(key, group);
    group.push(item);
  }
  return groups;
}

const markdown = (text) => text.replace(/[<_]|(?<!\*)\*(?!\*)/g, "\\$&");
const lineOf = ({ kind, text }) => `- ${kind === "text" ? "" : `*${kind}:* `}${markdown(text)}`;
const wordsOf = (text) =>
  new Set(
    text
      .toLowerCase()
      .replace(/\{[^{}|]*\}/g, " ")
      .match(/[\p{L}’']{2,}/gu) ?? [],
  );

/** Texts of several files, which one file could say for all. */
function repeated(texts) {
  const byText = grouped(
    texts.filter(({ text, kind }) => kind !== "setting" && wordsOf(text).size >= 3),
    ({ text }) => text,
  );
  const files = (group) => [...new Set(group.map(({ file }) => file))];
  return [...byText]
    .filter(([, group]) => files(group).length > 1)
    .map(([text, group]) => ({ text, files: files(group) }));
}

/** Pairs of texts with nearly the same words. Only texts that share their rarest words are compared. */
function almostSame(texts) {
  const unique = [...new Map(texts.map((each) => [each.text, each])).values()]
    .map((each) => ({ ...each, words: wordsOf(each.text) }))
    .filter(({ words }) => words.size >= MIN_WORDS);
  const users = new Map();
  unique.forEach(({ words }, index) => {
    for (const word of words) users.set(word, [...(users.get(word) ?? []), index]);
  });
  const pairs = [];
  unique.forEach((one, index) => {
    const rare = [...one.words].sort((a, b) => users.get(a).length - users.get(b).length);
    const candidates = new Set(
      rare.slice(0, Math.ceil(rare.length * (1 - ALIKE)) + 1).flatMap((word) => users.get(word)),
    );
    for (const other of candidates) {
      if (other <= index) continue;
      const two = unique[other];
      const shared = [...one.words].filter((word) => two.words.has(word)).length;
      if (shared / (one.words.size + two.words.size - shared) >= ALIKE) pairs.push([one, two]);
    }
  });
  return pairs;
}

/**
 * Returns docs/texts.md: every text that a person may see, by folder and file, and the texts that say one thing twice.
 * @param {string} folder the source
 */
export function textsPage(folder) {
  const texts = collectTexts(folder);
  const rooms = grouped(texts, ({ file }) => dirname(file));
  const sections = [...rooms].flatMap(([room, inside]) => {
    const files = grouped(inside, ({ file }) => file);
    const parts = [...files].map(([file, own]) => `### ${file.split("/").at(-1)}\n\n${own.map(lineOf).join("\n")}\n`);
    return [`## src/${room === "." ? "" : room}\n`, ...parts];
  });
  return [
    "# Texts\n",
    "Every text that a person can see, written from the source by `npm run texts`, so that an editor reads them in one",
    "place. Replies, panels and pages have no mark; *error* is a refusal or a fault, *log* a line of the log, *setting* what",
    "explains a variable, a command or an option. What is filled in stands in braces, a line break is ⏎.\n",
    "## Said in several files\n",
    ...repeated(texts).map(({ text, files }) => `- ${markdown(text)} (${files.join(", ")})`),
    "\n## Almost the same\n",
    ...almostSame(texts).map(
      ([one, two]) => `- ${markdown(one.text)} (${one.file})\n  ${markdown(two.text)} (${two.file})`,
    ),
    "",
    ...sections,
  ].join("\n");
}
