import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSplitter, splitMessage } from "../../../src/bot/delivery/split-message.js";
import { cpuMsOf } from "../../support/bounded-time.js";

const RUNS = process.env.SOAK ? 2_000 : 200;

/** Whether the parts, each without a fence line at its begin and at its end or with it, are the text. */
function isWhole(text: string, parts: readonly string[]): boolean {
  const [part, ...rest] = parts;
  if (part === undefined) return text === "";
  const opening = /^[ \t]*(?:`{3,}|~{3,})[^\n]*\n/.exec(part)?.[0] ?? "";
  const bodies = [part, part.slice(opening.length)].flatMap((body) => [
    body,
    body.replace(/\n[ \t]*(`{3,}|~{3,})$/, ""),
    body.replace(/\n[ \t]*(`{3,}|~{3,})$/, "\n"),
  ]);
  return [...new Set(bodies)].some(
    (body) => (body !== "" || rest.length === 0) && text.startsWith(body) && isWhole(text.slice(body.length), rest),
  );
}

const fenceCount = (text: string) => text.split("\n").filter((line) => /^\s*```/.test(line)).length;

const piece = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("word", "and then ", "a sentence of some words. ", "x", " ") },
  { weight: 3, arbitrary: fc.constantFrom("\n", "\n\n", "\r\n", "- item\n") },
  {
    weight: 2,
    arbitrary: fc.constantFrom("```\n", "\n```\n", "\n```ts\n", "  ```py\n", "~~~\n", "\n````md\n", "`inline`"),
  },
  { weight: 2, arbitrary: fc.constantFrom("👩‍👩‍👧‍👦", "🇩🇪", "e\u0301", "日本語", "🌲") },
  { weight: 1, arbitrary: fc.string({ unit: "grapheme", maxLength: 40 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 300 }).map((count) => "z".repeat(count)) },
);
const texts = fc.array(piece, { maxLength: 120 }).map((pieces) => pieces.join(""));
const lengths = fc.integer({ min: 40, max: 200 });

describe("splitMessage()", () => {
  it("leaves a text alone that fits exactly, and splits one character more", () => {
    expect(splitMessage("a".repeat(50), 50)).toEqual(["a".repeat(50)]);
    expect(splitMessage("a".repeat(51), 50)).toEqual(["a".repeat(50), "a"]);
    expect(splitMessage("", 50)).toEqual([""]);
  });

  it("keeps every part within the limit, loses nothing and adds nothing but fence lines", () => {
    fc.assert(
      fc.property(texts, lengths, (text, maxChars) => {
        const parts = splitMessage(text, maxChars);
        expect(Math.max(...parts.map((part) => part.length))).toBeLessThanOrEqual(maxChars);
        expect(isWhole(text, parts)).toBe(true);
      }),
      { numRuns: RUNS },
    );
  });

  it("never changes a final part, in whatever pieces the text comes", () => {
    fc.assert(
      fc.property(
        texts,
        lengths,
        fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }),
        (text, maxChars, steps) => {
          const splitter = createSplitter(maxChars);
          let before: readonly string[] = [];
          for (let end = 0, step = 0; end < text.length; step++) {
            end = Math.min(text.length, end + (steps[step % steps.length] ?? 1));
            const parts = splitter.update(text.slice(0, end));
            expect(parts.slice(0, Math.max(0, before.length - 1))).toEqual(before.slice(0, -1));
            before = parts;
          }
          expect(splitter.update(text)).toEqual(splitMessage(text, maxChars));
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("never cuts a surrogate pair or a grapheme that fits into a part", () => {
    const emojis = fc.array(fc.constantFrom("👩‍👩‍👧‍👦", "🇩🇪", "🌲", "e\u0301"), { minLength: 5, maxLength: 60 });
    fc.assert(
      fc.property(emojis, fc.integer({ min: 12, max: 60 }), (graphemes, maxChars) => {
        const parts = splitMessage(graphemes.join(""), maxChars);
        const seen = parts.flatMap((part) => [...new Intl.Segmenter().segment(part)].map(({ segment }) => segment));
        // Two flags side by side count anew in each part, so the characters are what is compared.
        const known = new Set<string>(graphemes);
        expect(seen.every((segment) => known.has(segment))).toBe(true);
      }),
      { numRuns: RUNS },
    );
  });

  it("cuts a character that is longer than a message, but no surrogate pair", () => {
    const parts = splitMessage(`a${"\u0301".repeat(120)}${"🌲".repeat(40)}`, 41);
    expect(parts.every((part) => part.length <= 41 && !/\p{Surrogate}/u.test(part))).toBe(true);
  });

  it.each([
    ["a paragraph", `${"a".repeat(60)}\n\n${"b c ".repeat(8)}\nd ${"e".repeat(60)}`, `${"a".repeat(60)}\n\n`],
    ["a line, where there is no paragraph", `${"a ".repeat(35)}\n${"b ".repeat(40)}`, `${"a ".repeat(35)}\n`],
    ["a word, where there is no line", "word ".repeat(30), "word ".repeat(20)],
    ["a word, rather than a line of the first half", `intro\n${"word ".repeat(30)}`, `intro\n${"word ".repeat(18)}`],
    ["a line of the first half, rather than inside a word", `intro\n${"z".repeat(200)}`, "intro\n"],
  ])("ends a part behind %s", (_name, text, first) => {
    expect(splitMessage(text, 100)[0]).toBe(first);
  });

  it.each([
    ["a link with a text, in its text", `${"word ".repeat(14)}[the long text of a link](https://example.org/a)`],
    ["a link with a text, in its address", `${"word ".repeat(10)}[text](https://example.org/${"a".repeat(60)})`],
    ["a link with a text, between both", `${"z".repeat(90)} [a text](https://example.org/a)`],
    ["a link whose address has parentheses", `${"word ".repeat(12)}[text](https://example.org/a_(b)${"c".repeat(30)})`],
    ["a picture", `${"word ".repeat(15)}![the long text of one](https://example.org/a)`],
    ["a hidden text", `${"word ".repeat(14)}||the murderer is the gardener of them all||`],
  ])("does not cut %s in two", (_what, text) => {
    const whole = /!?\[.*\)|\|\|.*\|\|/.exec(text)?.[0] ?? "";
    const parts = splitMessage(`${text} and on`, 100);
    expect(parts.join("")).toBe(`${text} and on`);
    expect(parts.filter((part) => part.includes(whole))).toHaveLength(1);
  });

  it("closes a hidden text that is longer than a message, and opens it again", () => {
    const parts = splitMessage(`See: ||${"secret ".repeat(40)}end||, and on it goes`, 100);
    expect(parts.length).toBeGreaterThan(2);
    for (const part of parts) {
      expect(part.length).toBeLessThanOrEqual(100);
      expect(part.match(/\|\|/g)).toHaveLength(2);
      expect(part.replace(/\|\|.*\|\|/, "")).not.toContain("secret");
    }
    expect(parts.join("").match(/secret/g)).toHaveLength(40);
  });

  it.each([
    ["bars of a program", `a || b ${"word ".repeat(40)}`],
    ["bars in code", `\`||x\` ${"word ".repeat(40)}`],
    ["brackets that are no link", `${"word ".repeat(18)}list[index] and more words here`],
  ])("adds nothing for %s", (_what, text) => {
    expect(splitMessage(text, 100).join("")).toBe(text);
  });

  it("never changes a final part of links and hidden texts, and keeps every part within the limit", () => {
    const pieces = fc.constantFrom(
      "word ",
      "||",
      "||so||",
      "|",
      "[a text](https://x.org/a)",
      "[",
      "](",
      "`||`",
      "\n",
      "```\n",
    );
    fc.assert(
      fc.property(
        fc.array(pieces, { maxLength: 150 }),
        lengths,
        fc.integer({ min: 1, max: 90 }),
        (all, maxChars, step) => {
          const text = all.join("");
          const splitter = createSplitter(maxChars);
          let before: readonly string[] = [];
          for (let end = 0; end < text.length; end += step) {
            const parts = splitter.update(text.slice(0, end));
            expect(parts.slice(0, Math.max(0, before.length - 1))).toEqual(before.slice(0, -1));
            before = parts;
          }
          const parts = splitter.update(text);
          expect(parts).toEqual(splitMessage(text, maxChars));
          expect(Math.max(...parts.map((part) => part.length))).toBeLessThanOrEqual(maxChars);
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("closes a code block and opens it again with its info string, at a line", () => {
    const code = Array.from({ length: 12 }, (_, index) => `const a${index} = ${index};`).join("\n");
    expect(splitMessage(`\`\`\`ts title\n${code}\n\`\`\`\ndone`, 120)).toEqual([
      "```ts title\nconst a0 = 0;\nconst a1 = 1;\nconst a2 = 2;\nconst a3 = 3;\nconst a4 = 4;\nconst a5 = 5;\nconst a6 = 6;\n```",
      "```ts title\nconst a7 = 7;\nconst a8 = 8;\nconst a9 = 9;\nconst a10 = 10;\nconst a11 = 11;\n```\ndone",
    ]);
  });

  it("does not leave an empty block behind when its first line is longer than a message", () => {
    const parts = splitMessage(`\`\`\`ts\n${"z".repeat(300)}\n\`\`\``, 100);
    expect(parts[0]).toBe(`\`\`\`ts\n${"z".repeat(90)}\n\`\`\``);
  });

  it("ends a part behind a sentence of a script without spaces", () => {
    const parts = splitMessage("森は静かです。鳥が歌います。".repeat(10), 40);
    expect(parts.slice(0, -1).every((part) => part.endsWith("。"))).toBe(true);
  });

  it("moves a block that begins near the end into the next part", () => {
    const parts = splitMessage(`${"word ".repeat(14)}\n\`\`\`py\n${"x = 1\n".repeat(10)}\`\`\``, 100);
    expect(parts).toEqual([`${"word ".repeat(14)}\n`, `\`\`\`py\n${"x = 1\n".repeat(10)}\`\`\``]);
  });

  it("keeps blocks of tildes, longer fences and indented ones apart from what stands in them", () => {
    const text = `  ~~~~md\n${"```\nnot a fence of ours\n".repeat(6)}  ~~~~\nafter`;
    for (const part of splitMessage(text, 90).slice(0, -1)) expect(part).toMatch(/^ {2}~~~~md\n[\s\S]*\n {2}~~~~\n?$/);
  });

  it("closes and opens again a block in an item of a list, and one in a quote", () => {
    const item = splitMessage(`- \`\`\`sh\n${"  ls -l\n".repeat(20)}  \`\`\`\nafter`, 80);
    expect(item.slice(1, -1).every((part) => /^ {2}```sh\n[^`]*\n {2}```$/.test(part))).toBe(true);
    expect(item.at(-1)).toMatch(/^ {2}```sh\n[^`]* {2}```\nafter$/);
    const quote = splitMessage(`> \`\`\`sh\n${"> ls -l\n".repeat(20)}> \`\`\`\nafter`, 80);
    expect(quote.slice(0, -1).every((part) => /^> ```sh\n[^`]*\n> ```$/.test(part))).toBe(true);
  });

  it("leaves every part of a long block with fences that match", () => {
    const parts = splitMessage(`\`\`\`\n${"line of code\n".repeat(200)}\`\`\`\n`, 100);
    expect(parts.length).toBeGreaterThan(20);
    expect(parts.map(fenceCount).every((count) => count === 2 || count === 0)).toBe(true);
  });

  it("costs no more for the last word of a long text than for the first", () => {
    const splitter = createSplitter(2_000);
    const text = "some words of an answer\n".repeat(40_000);
    splitter.update(text);
    const spentMs = cpuMsOf(() => {
      for (let more = 0; more < 200; more++) splitter.update(text.slice(0, text.length - 200 + more));
    });
    expect(spentMs).toBeLessThan(100);
  });
});
