import { estimateTokenCount } from "tokenx";
import { describe, expect, it } from "vitest";
import { countTokens } from "../../../src/bot/prompt/count-tokens.js";

describe("countTokens()", () => {
  it.each([
    ["", 0],
    ["hello there", 2],
  ])("counts %j", (text, tokens) => {
    expect(countTokens(text)).toBe(tokens);
  });

  it.each([
    ["words", "some words, and (code) = 1; "],
    ["Chinese", "漢字かな交じり文"],
    ["one word", "a"],
  ])("judges a long text of %s like a short one", (_what, piece) => {
    const short = piece.repeat(10_000).slice(0, 20_000);
    expect(countTokens(short)).toBe(estimateTokenCount(short));
    const long = piece.repeat(100_000).slice(0, 200_000);
    expect(countTokens(long)).toBeGreaterThan(9.5 * countTokens(short));
    expect(countTokens(long)).toBeLessThan(10.5 * countTokens(short));
  });

  it("sees both ends of a long text, and its middle", () => {
    const flat = countTokens("a".repeat(100_000));
    for (const at of [0, 1, 2]) {
      const parts = ["a".repeat(33_000), "a".repeat(33_000), "a".repeat(33_000)].with(at, "漢".repeat(33_000));
      expect(countTokens(parts.join(""))).toBeGreaterThan(1.5 * flat);
    }
  });
});
