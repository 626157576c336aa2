import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { collectTexts } from "../scripts/docs/texts.mjs";

/** Words that readers of today's English stumble over, with what to write instead. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/\bmend(s|ed|ing)?\b/i, "fix"],
  [/\bfor ever\b/i, "forever"],
  [/\banew\b/i, "again"],
  [/\bafresh\b/i, "again, or: start a new …"],
  [/\bdearer\b/i, "more expensive"],
  [/\bseldom\b/i, "rarely"],
  [/\b(is|are|was|be) told of\b|\bto be told\b/i, "is notified about, gets a message about"],
  [/\b(is|are|was|were) no more\b|\b(retires|does) no more\b/i, "no longer exists, no longer …"],
  [/\bfor want of\b/i, "because there is no …"],
  [/\b(un)?foreseen\b|\bforetold\b/i, "unexpected, predicted"],
  [/\blast words\b|\bears?\b|\bhears?\b|\bdeaf\b/i, "say what happens: it is notified, it stops"],
  [/\bstart-up\b|\btime-out\b|\bfall-back\b|\bshut-down\b|\bdead-line\b|\bre-try\b/i, "one word: startup, timeout, …"],
  [/\balone it (says|lists|shows (what|it))\b|\bunless you say so\b/i, "without a value, …; (default)"],
  [/\ball the same\b|\bonce more\b/i, "anyway, again"],
  [/\bwith commas between\b/i, "separated by commas"],
  [/, as (?:`?(?!provider\/|src\/)[a-z]+\/[a-z*-]|\d|`[a-z]+=)/, "…, like openai/gpt-5"],
  [/\b(hither|thither|thereof|therein|thereby|whence|ere|lest|hitherto|betwixt|amongst|whilst)\b/i, "a current word"],
];
/** A sentence that begins with what belongs behind its verb: "Of faults is said …". */
const INVERTED = /(?:^|[.:;] )Of (?!course)[a-z]/;
/** A docstring that needs another one to be understood. */
const DEPENDENT =
  /^(The same|Else|Those|These|Both|So|Of|Told|Asked|Given|Known|As|Its?|Does so|Enough|Beyond|Longer than|Without)\b/;
/** A command that a reader is to type stands in code style, or is a value of its own (one line's text is fixed: ↪️). */
const BARE_COMMAND =
  /(?:^|[^`\w/.:{}-])\/(models|settings|chat|usage|refresh-models|privacy|help|doctor|audit)(?= [a-z]|[.,;]|$)/;

interface Line {
  readonly place: string;
  readonly text: string;
}

const faultsOf = (lines: readonly Line[], patterns: readonly (readonly [RegExp, string])[]) =>
  lines.flatMap(({ place, text }) =>
    patterns
      .filter(([pattern]) => pattern.test(text))
      .map(([, instead]) => `${place}: ${text.slice(0, 160)} → ${instead}`),
  );

const filesBelow = (folder: string, ending: RegExp) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => ending.test(name))
    .map((name) => `${folder}/${name.replaceAll("\\", "/")}`);

const texts = collectTexts("src").map((found) => ({ ...found, place: `src/${found.file}` }));
/** Pages that people wrote; the others are made from what is looked at here anyway. */
const pages = [
  "README.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  ...filesBelow("docs", /\.md$/).filter((path) => !/docs\/(texts|licences|reference\/.*)\.md$/.test(path)),
];
const pageLines = pages.flatMap((page) =>
  readFileSync(page, "utf8")
    .split("\n")
    .map((text, index) => ({ place: `${page}:${index + 1}`, text })),
);

const COMMENT = /\/\*\*?([\s\S]*?)\*\/|(?:^|\s)\/\/ ([^\n]*)/g;
const comments = filesBelow("src", /\.(ts|js)$/).flatMap((path) =>
  [...readFileSync(path, "utf8").matchAll(COMMENT)].map(([, block, line]) => ({
    place: path,
    isDocstring: block !== undefined,
    text: (block ?? line ?? "").replace(/\n\s*\* ?/g, " ").trim(),
  })),
);

describe("the words", () => {
  it("of texts that people see are current English", () => {
    expect(texts.length).toBeGreaterThan(1_000);
    expect(faultsOf(texts, [...WORDS, [INVERTED, "begin with the subject"]])).toEqual([]);
  });

  it("of the documentation are current English", () => {
    expect(faultsOf(pageLines, [...WORDS, [INVERTED, "begin with the subject"]])).toEqual([]);
  });

  it("of docstrings and comments are current English, and each docstring makes sense on its own", () => {
    expect(comments.length).toBeGreaterThan(1_000);
    expect(faultsOf(comments, [...WORDS, [INVERTED, "begin with the subject"]])).toEqual([]);
    const docstrings = comments.filter(({ isDocstring }) => isDocstring);
    expect(faultsOf(docstrings, [[DEPENDENT, "a sentence with a subject"]])).toEqual([]);
  });

  it("of a line of the log are a fragment in lower case, without a full stop", () => {
    const lines = texts.filter(({ kind }) => kind === "log");
    expect(lines.length).toBeGreaterThan(100);
    expect(faultsOf(lines, [[/^[A-Z][a-z]|\.$/, "lower case, no full stop"]])).toEqual([]);
  });

  it("that are a command to type stand in code style", () => {
    const spoken = texts.filter(
      ({ kind, text, file }) => kind !== "setting" && file.endsWith(".ts") && /\s/.test(text),
    );
    const sentences = spoken.filter(({ text }) => !/^\/[a-z-]+( [a-z-]+)?( |$)|^↪️ Answered by /.test(text));
    expect(faultsOf(sentences, [[BARE_COMMAND, "`/command`"]])).toEqual([]);
  });
});
