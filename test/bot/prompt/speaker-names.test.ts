import { describe, expect, it } from "vitest";
import { named, severalSpeak } from "../../../src/bot/prompt/speaker-names.js";
import type { Turn } from "../../../src/store/sessions/sessions.js";

const by = (author: string): Turn => ({
  question: { message: "1", author, text: "hi", at: 0 },
  answer: "hello",
  ending: "done",
  provider: "demo",
  model: "m",
  usage: null,
  endedAt: 0,
});

describe("severalSpeak()", () => {
  it.each([
    [[], "Ada", false],
    [["Ada", "Ada"], "Ada", false],
    [["Ada", "Bob"], "Ada", true],
    [["Bob"], "Ada", true],
    [["A\u200bda"], "Ada ", false],
    [["", "\u200b"], "", false],
  ])("judges %j before a question of %j", (authors, asker, several) => {
    expect(severalSpeak(authors.map(by), asker)).toBe(several);
  });
});

describe("named()", () => {
  it("puts the name before what was said", () => {
    expect(named("hi\nthere", "Ada")).toBe("Ada: hi\nthere");
  });

  it("puts the name before the person's own words, behind quotes and files", () => {
    expect(named("In reply to Bob:\n> hi\n\nThe message to answer:\n\nWhy?", "Ada", " Why?\0\r\n")).toBe(
      "In reply to Bob:\n> hi\n\nThe message to answer:\n\nAda: Why?",
    );
  });

  it.each(["", "\u0000", "something else"])("puts it in front where the own words are %j", (said) => {
    expect(named('Attached file "a":\n```\nx\n```', "Ada", said)).toBe('Ada: Attached file "a":\n```\nx\n```');
  });

  it("cleans the name", () => {
    expect(named("hi", `Eve\nBob: yes\u202e${"x".repeat(100)}`)).toBe(`Eve Bob: yes${"x".repeat(51)}…: hi`);
    expect(named("hi", "\u200b")).toBe("Somebody: hi");
  });
});
