import { describe, expect, it } from "vitest";
import { MAX_QUESTION_CHARS, questionFault } from "../../../src/bot/prompt/question.js";
import { fakePlatform } from "../../support/fake-platform.js";

const saying = (text: string) => fakePlatform().mention(text);

describe("questionFault()", () => {
  it.each(["", "   \n\t", "\u0000\u0000", "\u200b\u200d\ufeff", "\u0301".repeat(100_000)])(
    "finds no question in %j",
    (text) => {
      expect(questionFault(saying(text))).toContain("no question");
    },
  );

  it.each(["?", "🙂", "こんにちは", "e\u0301"])("finds nothing wrong with %j", (text) => {
    expect(questionFault(saying(text))).toBeUndefined();
  });

  it("finds a question in a file or a quote that has no words beside it", () => {
    const file = { name: "a.txt", sizeBytes: 1, read: async () => new Uint8Array() };
    expect(questionFault({ ...saying(""), attachments: [file] })).toBeUndefined();
    expect(questionFault({ ...saying(""), quote: { author: "bob", text: "what is this?" } })).toBeUndefined();
  });

  it("finds none beside no file or a quote that says nothing", () => {
    expect(questionFault({ ...saying(""), attachments: [] })).toContain("no question");
    expect(questionFault({ ...saying(""), quote: { author: "bob", text: " " } })).toContain("no question");
  });

  it("takes the longest question and refuses one character more, saying the limit", () => {
    expect(questionFault(saying("a".repeat(MAX_QUESTION_CHARS)))).toBeUndefined();
    expect(questionFault(saying("a".repeat(MAX_QUESTION_CHARS + 1)))).toContain("32,000");
  });
});
