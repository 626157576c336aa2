import { describe, expect, it } from "vitest";
import { type ContextTerms, contextOf } from "../../src/bot/context.js";
import type { Turn } from "../../src/store/sessions.js";

const turn = (text: string, answer = `re: ${text}`): Turn => ({
  question: { message: "1", author: "Ada", text, at: 0 },
  answer,
  ending: "done",
  provider: "demo",
  model: "m",
  usage: null,
  endedAt: 0,
});
const terms: ContextTerms = {
  system: "s",
  question: "now?",
  contextTokens: undefined,
  historyTokens: 16_000,
  historyMessages: 50,
};
const texts = (turns: readonly Turn[], overrides: Partial<ContextTerms> = {}) =>
  contextOf(turns, { ...terms, ...overrides }).map(({ content }) => content);

describe("contextOf()", () => {
  it("sends whole turns in order and the question last", () => {
    expect(contextOf([turn("a"), turn("b")], terms)).toEqual([
      { role: "user", content: "a" },
      { role: "assistant", content: "re: a" },
      { role: "user", content: "b" },
      { role: "assistant", content: "re: b" },
      { role: "user", content: "now?" },
    ]);
  });

  it("leaves out the oldest turns first, never half a turn", () => {
    const turns = [turn("a"), turn("b"), turn("c")];
    expect(texts(turns, { historyMessages: 5 })).toEqual(["b", "re: b", "c", "re: c", "now?"]);
    expect(texts(turns, { historyMessages: 4 })).toEqual(["c", "re: c", "now?"]);
    expect(texts(turns, { historyMessages: 1 })).toEqual(["now?"]);
  });

  it("keeps within the tokens of the host and of the model's window, whichever is smaller", () => {
    const long = "word ".repeat(400);
    const turns = [turn("old", long), turn("new", "short")];
    expect(texts(turns)).toHaveLength(5);
    expect(texts(turns, { historyTokens: 100 })).toEqual(["new", "short", "now?"]);
    expect(texts(turns, { contextTokens: 100 })).toEqual(["new", "short", "now?"]);
  });

  it("always sends the question, even where nothing fits", () => {
    expect(texts([turn("a")], { historyTokens: 100, question: "long ".repeat(1_000) })).toHaveLength(1);
  });

  it("leaves out turns that never got an answer", () => {
    expect(texts([turn("a", ""), turn("b")])).toEqual(["b", "re: b", "now?"]);
  });
});
