import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSplitter, splitMessage } from "../../../src/bot/delivery/split-message.js";
import { MAX_MESSAGE_CHARS } from "../../../src/bot/discord/send/render.js";

const RUNS = process.env.SOAK ? 2_000 : 500;
const LONGEST = 60_000;

/** What is awkward right where a message ends: characters of many units, fences, line breaks, half of either. */
const awkward = fc.constantFrom(
  "👩‍👩‍👧‍👦",
  "🇩🇪🇫🇷",
  "e\u0301\u0323",
  "🌲",
  "\n```ts\n",
  "\n```\n",
  "\n~~~\n",
  "\n```",
  "`",
  "\r\n",
  "\n\n",
  " ",
  "日本語。",
);

/** Texts of 1 to 60,000 units, with something awkward around every place where a message may end. */
const texts = fc
  .record({
    length: fc.integer({ min: 1, max: LONGEST }),
    filler: fc.constantFrom("some words of an answer ", "x", "const a = 1;\n", "あ", "A line.\n\n"),
    atCuts: fc.array(fc.record({ piece: awkward, offset: fc.integer({ min: -40, max: 4 }) }), {
      minLength: 1,
      maxLength: 40,
    }),
  })
  .map(({ length, filler, atCuts }) => {
    let text = "";
    for (let cut = 0; text.length < length; cut++) {
      const { piece, offset } = atCuts[cut % atCuts.length] ?? { piece: "", offset: 0 };
      const until = (cut + 1) * MAX_MESSAGE_CHARS + offset;
      const missing = Math.max(0, until - text.length);
      text += filler.repeat(Math.ceil(missing / filler.length)).slice(0, missing) + piece;
    }
    return text.slice(0, length).replace(/[\ud800-\udbff]$/, "");
  });

/** Without fence lines and white space, which is what splitting may add or leave out. */
/** Whether the parts, each with or without a fence line that splitting put at its begin and its end, are the text. */
function isWhole(text: string, parts: readonly string[], from = 0, index = 0): boolean {
  const part = parts[index];
  if (part === undefined) return from === text.length;
  const opening = /^ {0,3}(?:`{3,}|~{3,})[^\n]*\n/.exec(part)?.[0] ?? "";
  const bodies = [part, part.slice(opening.length)].flatMap((body) => [
    body,
    body.replace(/\n {0,3}(`{3,}|~{3,})$/, ""),
    body.replace(/\n {0,3}(`{3,}|~{3,})$/, "\n"),
  ]);
  return [...new Set(bodies)].some(
    (body) =>
      (body !== "" || text === "") &&
      text.startsWith(body, from) &&
      isWhole(text, parts, from + body.length, index + 1),
  );
}

describe("an answer of any length on Discord", () => {
  it(`is split into messages that Discord takes, none of it lost or cut in half, in ${RUNS} texts`, () => {
    fc.assert(
      fc.property(texts, (text) => {
        const parts = splitMessage(text, MAX_MESSAGE_CHARS);
        for (const part of parts) {
          expect(part.length).toBeLessThanOrEqual(MAX_MESSAGE_CHARS);
          expect(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(part)).toBe(false);
        }
        expect(isWhole(text, parts)).toBe(true);
      }),
      { numRuns: RUNS },
    );
  });

  it("leaves the fences of every message but the last in pairs", () => {
    fc.assert(
      fc.property(texts, (text) => {
        // A fence whose own line is absurdly long is left as it is.
        fc.pre(!/^[ \t]*(?:`{3}|~{3})[^\n]{400}/m.test(text));
        for (const part of splitMessage(text, MAX_MESSAGE_CHARS).slice(0, -1)) expect(isBalanced(part)).toBe(true);
      }),
      { numRuns: RUNS / 5 },
    );
  });

  it("is the same whether it comes at once or grows word by word", () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 1, max: 400 }), (text, step) => {
        const splitter = createSplitter(MAX_MESSAGE_CHARS);
        for (let end = step; end < text.length; end += step) splitter.update(text.slice(0, end));
        expect(splitter.update(text)).toEqual(splitMessage(text, MAX_MESSAGE_CHARS));
      }),
      { numRuns: RUNS / 5 },
    );
  });
});

/** Every block that is opened is closed in the same message, by the rules of Markdown. */
function isBalanced(part: string): boolean {
  let open: string | undefined;
  for (const line of part.split("\n")) {
    const [, fence = "", rest = ""] = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(line.replace(/\r$/, "")) ?? [];
    if (fence === "") continue;
    if (open === undefined) {
      if (fence.startsWith("~") || !rest.includes("`")) open = fence;
    } else if (fence[0] === open[0] && fence.length >= open.length && rest.trim() === "") open = undefined;
  }
  return open === undefined;
}
