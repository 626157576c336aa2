import { describe, expect, it } from "vitest";
import { MAX_QUESTION_CHARS, questionFault } from "../../src/bot/question-fault.js";

describe("questionFault()", () => {
  it.each(["", "   \n\t", "\u0000\u0000", "\u200b\u200d\ufeff", "\u0301".repeat(100_000)])(
    "finds no question in %j",
    (text) => {
      expect(questionFault(text)).toContain("no question");
    },
  );

  it.each(["?", "🙂", "こんにちは", "e\u0301"])("finds nothing wrong with %j", (text) => {
    expect(questionFault(text)).toBeUndefined();
  });

  it("takes the longest question and refuses one character more, saying the limit", () => {
    expect(questionFault("a".repeat(MAX_QUESTION_CHARS))).toBeUndefined();
    expect(questionFault("a".repeat(MAX_QUESTION_CHARS + 1))).toContain("32,000");
  });
});
