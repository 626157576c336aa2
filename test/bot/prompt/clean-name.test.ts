import { describe, expect, it } from "vitest";
import { cleanName, speakerName } from "../../../src/bot/prompt/clean-name.js";

describe("cleanName()", () => {
  it.each([
    ["Ada L.", "Ada L."],
    ["  a\nb\u2028c\td ", "a b c d"],
    ["e\u202evil\u200b\u0000\u3164.txt", "evil.txt"],
    ["\ud83dx", "x"],
    ["\u200b\u3164\u2800", "nobody"],
    ["", "nobody"],
    ["1234567890", "1234567890"],
    ["12345678901", "123456789…"],
    ["🌲".repeat(11), `${"🌲".repeat(9)}…`],
  ])("shows %j as %j", (name, shown) => {
    expect(cleanName(name, 10, "nobody")).toBe(shown);
  });
});

describe("speakerName()", () => {
  it("holds names to 64 characters and never is empty", () => {
    expect(speakerName("x".repeat(64))).toBe("x".repeat(64));
    expect(speakerName("x".repeat(65))).toBe(`${"x".repeat(63)}…`);
    expect(speakerName("\u200b")).toBe("Somebody");
  });
});
