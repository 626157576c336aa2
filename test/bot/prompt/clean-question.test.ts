import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cleanQuestion, saysSomething } from "../../../src/bot/prompt/clean-question.js";

describe("cleanQuestion()", () => {
  it.each([
    ["an ordinary text", "Grüße, 漢字 🌲\n\tand code", "Grüße, 漢字 🌲\n\tand code"],
    ["line breaks of other systems", "a\r\nb\rc", "a\nb\nc"],
    ["NUL and other control characters", "a\0b\u0007c\u001b[31md\u007fe\u0085f", "abc[31mdef"],
    ["halves of a pair", "a\ud83dz\udf32b", "azb"],
    ["text that is hidden in tag characters", "hi\u{e0069}\u{e0067}\u{e006e}\u{e0001}", "hi"],
    [
      "a flag that is made with them",
      "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}!",
      "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}!",
    ],
    ["joined emoji", "👩‍💻", "👩‍💻"],
  ])("handles %s", (_what, text, clean) => {
    expect(cleanQuestion(text)).toBe(clean);
  });

  it("makes anything well-formed, and changes nothing the second time", () => {
    const anything = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
    );
    fc.assert(
      fc.property(anything, (text) => {
        const clean = cleanQuestion(text);
        expect(Buffer.from(clean).toString()).toBe(clean);
        expect(cleanQuestion(clean)).toBe(clean);
      }),
    );
  });
});

describe("saysSomething()", () => {
  it.each([
    ["?", true],
    ["👍", true],
    ["", false],
    [" \n\u200b\u2060\0", false],
    ["\u0301".repeat(100_000), false],
  ])("judges %j", (text, says) => {
    expect(saysSomething(text)).toBe(says);
  });
});
