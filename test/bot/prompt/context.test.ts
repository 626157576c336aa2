import fc from "fast-check";
import { estimateTokenCount } from "tokenx";
import { describe, expect, it } from "vitest";
import { saysSomething } from "../../../src/base/text.js";
import { type ContextTerms, contextOf, countTokens, IMAGE_TOKENS } from "../../../src/bot/prompt/context.js";
import { cleanQuestion } from "../../../src/bot/prompt/untrusted-text.js";
import type { ImagePart } from "../../../src/providers/provider.js";
import type { Turn } from "../../../src/store/sessions/sessions.js";

const turn = (text: string, answer = `re: ${text}`, more: Partial<Turn["question"]> = {}): Turn => ({
  question: { message: "1", author: "Ada", text, at: 0, ...more },
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
  author: "Ada",
  contextTokens: undefined,
  historyTokens: 16_000,
  historyMessages: 50,
};
const texts = (turns: readonly Turn[], overrides: Partial<ContextTerms> = {}) =>
  contextOf(turns, { ...terms, ...overrides }).messages.map(({ content }) => content);

describe("contextOf()", () => {
  it("sends whole turns in order and the question last", () => {
    expect(contextOf([turn("a"), turn("b")], terms).messages).toEqual([
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

  // https://github.com/anthropics/claude-code/issues/3277, https://github.com/metabase/metabase/pull/82443
  it("makes a history that every vendor takes: in turns, none without a text, all well-formed", () => {
    const any = fc.constantFrom("", " \n", "\u200b", "a", "half \ud83d", "\ude00 half", "👍");
    const anyTurn = fc.tuple(any, any, fc.option(any), fc.constantFrom("Ada", "Bob"));
    fc.assert(
      fc.property(fc.array(anyTurn, { maxLength: 8 }), (stored) => {
        const turns = stored.map(([said, answer, sent, author]) =>
          turn(said, answer, { author, ...(sent !== null && { sent }) }),
        );
        const { messages } = contextOf(turns, terms);
        expect(messages.map(({ role }) => role)).toEqual(
          messages.map((_, at) => (at % 2 === 0 ? "user" : "assistant")),
        );
        for (const { content } of messages) {
          expect(content.replace(/[\s\u200b]/g, "")).not.toBe("");
          expect(content.isWellFormed()).toBe(true);
        }
      }),
    );
  });

  it("sends what was composed, not what was said", () => {
    expect(texts([turn("a", "re: a", { sent: "> quote\n\na" })])).toEqual(["> quote\n\na", "re: a", "now?"]);
  });

  it("names the speakers where there are several, before their own words", () => {
    const turns = [turn("a"), turn("b", "re: b", { author: "Bob", sent: "> quote\n\nb" })];
    expect(texts(turns, { question: "> help\n\nnow?", said: "now?" })).toEqual([
      "Ada: a",
      "re: a",
      "> quote\n\nBob: b",
      "re: b",
      "> help\n\nAda: now?",
    ]);
  });

  it("names nobody where one person speaks, whoever got no answer", () => {
    expect(texts([turn("a"), turn("b", "", { author: "Bob" })])).toEqual(["a", "re: a", "now?"]);
  });

  it("sends images with the question, and counts them", () => {
    const images: ImagePart[] = [{ mediaType: "image/png", bytes: new Uint8Array(3_000_000) }];
    expect(contextOf([turn("a")], { ...terms, images }).messages.at(-1)).toEqual({
      role: "user",
      content: "now?",
      images,
    });
    const enough = IMAGE_TOKENS + ["s", "now?", "a", "re: a"].reduce((sum, text) => sum + countTokens(text), 0);
    expect(texts([turn("a")], { images, historyTokens: enough })).toHaveLength(3);
    expect(texts([turn("a")], { images, historyTokens: enough - 1 })).toHaveLength(1);
    expect(contextOf([], { ...terms, images: [] }).messages.at(-1)).toEqual({ role: "user", content: "now?" });
  });

  it("keeps every bound with the newest whole turns, and always the question", () => {
    const words = fc.nat(400).map((count) => "word ".repeat(count));
    const text = fc.oneof(fc.string({ maxLength: 40 }), words).map((any) => cleanQuestion(any).trim());
    const isKept = ({ answer, question: { text: said, sent = said } }: Turn) =>
      saysSomething(answer) && saysSomething(sent);
    const author = fc.constantFrom("Ada", "Bob", "");
    const anyTurn = fc.tuple(text, text, author, fc.option(text)).map(([said, answer, author, quote]) => {
      const sent = quote === null ? {} : { sent: `> ${quote}\n\n${said}` };
      return turn(said, answer, { author, ...sent });
    });
    const anyTerms = fc.record({
      system: text,
      question: text,
      author,
      images: fc.array(fc.constant<ImagePart>({ mediaType: "image/gif", bytes: new Uint8Array(8) }), { maxLength: 4 }),
      contextTokens: fc.option(fc.nat(20_000), { nil: undefined }),
      historyTokens: fc.nat(20_000),
      historyMessages: fc.integer({ min: 1, max: 60 }),
    });
    fc.assert(
      fc.property(fc.array(anyTurn, { maxLength: 40 }), anyTerms, (turns, terms) => {
        const { messages, tokens: counted } = contextOf(turns, terms);
        const history = messages.slice(0, -1);
        const tokens =
          messages.reduce((sum, { content }) => sum + countTokens(content), 0) +
          countTokens(terms.system) +
          terms.images.length * IMAGE_TOKENS;
        const most = Math.min(terms.historyTokens, (terms.contextTokens ?? Number.POSITIVE_INFINITY) * 0.75);
        expect(counted).toBe(tokens);
        expect(messages.at(-1)?.role).toBe("user");
        expect(messages.at(-1)?.content.endsWith(terms.question)).toBe(true);
        expect(messages.at(-1)?.images ?? []).toEqual(terms.images);
        expect(messages.length).toBeLessThanOrEqual(terms.historyMessages);
        if (history.length > 0) expect(tokens).toBeLessThanOrEqual(most);

        // The newest turns without a gap, each with its question and its answer.
        const answered = turns.filter(isKept);
        const kept = answered.slice(answered.length - history.length / 2);
        expect(history.map(({ role }) => role)).toEqual(kept.flatMap(() => ["user", "assistant"]));
        expect(history.filter((_, index) => index % 2 === 1).map(({ content }) => content)).toEqual(
          kept.map(({ answer }) => answer),
        );
        for (const [index, { question }] of kept.entries()) {
          expect(history[2 * index]?.content.endsWith(question.text)).toBe(true);
          expect(history[2 * index]?.content).toContain(question.sent?.split("\n\n", 1)[0] ?? "");
        }

        // One more would not have fitted.
        const next = answered.at(-kept.length - 1);
        if (next === undefined || kept.length === answered.length) return;
        const several = answered.some(({ question }) => question.author !== terms.author);
        const name = several ? `${next.question.author || "Somebody"}: ` : "";
        const more = countTokens(`${name}${next.question.sent ?? next.question.text}`) + countTokens(next.answer);
        expect(tokens + more > most || messages.length + 2 > terms.historyMessages).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

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
