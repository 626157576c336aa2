import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { either, nameWithHiddenShown, visible } from "../../../src/base/text.js";
import { showTimes } from "../../../src/base/time.js";
import { intervalWords } from "../../../src/commands/auto-refresh-setting.js";
import { dealOut } from "../../../src/commands/wording/list-text.js";
import { cleanText, code, escapeInline } from "../../../src/commands/wording/markdown.js";
import { plural } from "../../../src/languages/translate.js";

describe("code()", () => {
  it("cannot be left by what it holds", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(code(text)).toMatch(/^`[^`\n]+`$/);
        expect(showTimes(code(text), () => "a time")).toBe(code(text));
      }),
    );
    expect(code("<t:1700000000:R>")).toBe("`‹t:1700000000:R>`");
  });

  it("cuts what is too long between characters", () => {
    expect(code("x".repeat(80))).toBe(`\`${"x".repeat(80)}\``);
    expect(code("x".repeat(81))).toBe(`\`${"x".repeat(79)}…\``);
    expect(code("😀".repeat(3), 3)).toBe("`😀…`");
  });
});

describe("nameWithHiddenShown()", () => {
  it.each([
    ["ab\u202egpj.exe", "ab\ufffdgpj.exe"],
    ["gpt\u200b-5", "gpt\ufffd-5"],
    ["a\u2066b\u2069", "a\ufffdb\ufffd"],
    ["a\u{e0041}b", "a\ufffdb"],
    ["👩\u200d👩\u200d👧 ❤\ufe0f", "👩\u200d👩\u200d👧 ❤\ufe0f"],
    [
      "\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
      "\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
    ],
    ["می\u200cخواهم", "می\u200cخواهم"],
    ["a\u0000b\ud83d", "ab"],
  ])("shows what hides in %j", (name, shown) => {
    expect(nameWithHiddenShown(name)).toBe(shown);
  });
});

describe("visible() and cleanText()", () => {
  it("leave out halves of a pair, which JSON and UTF-8 cannot carry, and keep whole ones", () => {
    for (const clean of [visible, cleanText]) {
      expect(clean("a\ud800b\udc00c😀")).toBe("abc😀");
      expect(clean("\u0000a\u0000")).toBe("a");
    }
  });
});

describe("plain()", () => {
  it("escapes what would format, and leaves underscores inside a word", () => {
    expect(escapeInline("gpt-4o_mini")).toBe("gpt-4o_mini");
    expect(escapeInline("_a_ **b** [c](d) <@1> `e` ~f~ |g|")).toBe(
      "\\_a\\_ \\*\\*b\\*\\* \\[c\\](d) \\<@1\\> \\`e\\` \\~f\\~ \\|g\\|",
    );
  });
});

describe("either() and plural()", () => {
  it("join and count as people do", () => {
    expect([[], ["a"], ["a", "b"], ["a", "b", "c"]].map((items) => either(items))).toEqual([
      "",
      "a",
      "a or b",
      "a, b or c",
    ]);
    expect([0, 1, 2].map((count) => plural(count, "model"))).toEqual(["0 models", "1 model", "2 models"]);
  });
});

describe("intervalWords()", () => {
  it.each([
    [60_000, "every minute"],
    [90_000, "every 90 seconds"],
    [300_000, "every 5 minutes"],
    [5_400_000, "every 90 minutes"],
    [86_400_000, "every 24 hours"],
  ])("%i ms is %s", (ms, words) => {
    expect(intervalWords({ kind: "fixed", ms })).toBe(words);
  });
});

describe("dealOut()", () => {
  it("deals in turns and gives what one does not need to the others", () => {
    expect(dealOut([400, 3, 30], 40)).toEqual([19, 3, 18]);
    expect(dealOut([1, 1], 40)).toEqual([1, 1]);
    expect(dealOut([], 40)).toEqual([]);
  });

  it("never gives more than is wanted or there", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(100)), fc.nat(200), (wanted, total) => {
        const given = dealOut(wanted, total);
        expect(given.every((share, index) => share <= (wanted[index] ?? 0))).toBe(true);
        const sum = (all: readonly number[]) => all.reduce((a, b) => a + b, 0);
        expect(sum(given)).toBe(Math.min(total, sum(wanted)));
      }),
    );
  });
});
