import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fitsGlob } from "../../src/base/text.js";

describe("fitsGlob()", () => {
  it.each([
    ["*", "openai/gpt-5", true],
    ["anthropic/claude-*", "anthropic/claude-sonnet-4", true],
    ["anthropic/claude-*", "openrouter/anthropic/claude-sonnet-4", false],
    ["*/gpt-*mini*", "openai/gpt-5-mini", true],
    ["*/gpt-*mini*", "openrouter/openai/gpt-5-mini-2025", true],
    ["*/gpt-*mini*", "openai/gpt-5", false],
    ["OpenAI/GPT-5", "openai/gpt-5", true],
    ["openai/gpt-?", "openai/gpt-5", true],
    ["openai/gpt-?", "openai/gpt-", false],
    ["openai/gpt", "openai/gpt-5", false],
    ["*ab*ab", "xabab", true],
    ["", "", true],
    ["", "a", false],
  ])("%s and %s: %s", (pattern, text, fits) => {
    expect(fitsGlob(pattern, text)).toBe(fits);
  });

  it("agrees with the same pattern as a regular expression", () => {
    const letters = (...all: string[]) =>
      fc.array(fc.constantFrom(...all), { maxLength: 10 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(letters("a", "b", "*", "?"), letters("a", "b"), (pattern, text) => {
        const expected = new RegExp(`^${pattern.replaceAll("*", ".*").replaceAll("?", ".")}$`).test(text);
        expect(fitsGlob(pattern, text)).toBe(expected);
      }),
    );
  });

  it("takes no longer for a pattern that would hold up a regular expression", () => {
    expect(fitsGlob(`${"*a".repeat(60)}b`, "a".repeat(230))).toBe(false);
  });
});
