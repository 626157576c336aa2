import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutText, saysSomething, startOfText } from "../../src/base/text.js";

const FAMILY = "👨‍👩‍👧‍👦";

describe("cutText()", () => {
  it.each([
    ["a".repeat(80), 80, "a".repeat(80)],
    ["a".repeat(81), 80, `${"a".repeat(79)}…`],
    [`${"a".repeat(78)}😀😀`, 80, `${"a".repeat(78)}…`],
    [`${"a".repeat(77)}😀😀`, 80, `${"a".repeat(77)}😀…`],
    [`${"a".repeat(70)}${FAMILY}b`, 80, `${"a".repeat(70)}…`],
    ["e\u0301".repeat(3), 4, "e\u0301…"],
    ["", 5, ""],
  ])("cuts %j to %i", (text, maxChars, expected) => {
    expect(cutText(text, maxChars)).toBe(expected);
  });
});

describe("startOfText()", () => {
  const unit = fc.constantFrom("a", " ", "é", "e\u0301", "😀", "👍🏽", "🇩🇪", FAMILY, "\n");

  it("never divides a character, never exceeds the bound, and begins as the text does", () => {
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 60 }), fc.integer({ min: 12, max: 120 }), (units, maxChars) => {
        const text = units.join("");
        const start = startOfText(text, maxChars);
        expect(text.startsWith(start)).toBe(true);
        expect(start.length).toBeLessThanOrEqual(maxChars);
        expect(/[\ud800-\udbff]$/.test(start)).toBe(false);
        const ends = new Set([0, text.length]);
        for (const { index } of new Intl.Segmenter("en", { granularity: "grapheme" }).segment(text)) ends.add(index);
        if (start.length > 0) expect(ends.has(start.length)).toBe(true);
        const next = [...ends].sort((a, b) => a - b).find((end) => end > start.length);
        if (next !== undefined && start.length > 0) expect(next).toBeGreaterThan(maxChars);
      }),
    );
  });

  it("cuts a single character that is too long between code points", () => {
    expect(startOfText(`a${"\u0301".repeat(300)}`, 100)).toHaveLength(100);
    expect(startOfText("😀", 1)).toBe("");
  });
});

describe("saysSomething()", () => {
  it.each([
    ["?", true],
    ["👍", true],
    ["", false],
    [" \n\u200b\u2060\0", false],
    ["\u2800\u3164\u115f\u00ad", false],
    ["\u0301".repeat(100_000), false],
  ])("judges %j", (text, says) => {
    expect(saysSomething(text)).toBe(says);
  });
});
