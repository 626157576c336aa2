import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createLinkWatch } from "../../../../src/bot/turn/ask/honest-links.js";

const passed = (...pieces: string[]) => {
  const watch = createLinkWatch();
  return pieces.map((piece) => watch.pass(piece)).join("");
};

describe("links whose words name another host", () => {
  it.each([
    "[paypal.com](https://evil.example/login)",
    "[https://paypal.com](https://evil.example)",
    "[www.paypal.com/login](https://evil.example)",
    "[Log in at PayPal.com](https://evil.example)",
    "[**paypal.com**](https://evil.example)",
    "[pay\u200bpal.com](https://evil.example)",
    "[`paypal.com`](https://evil.example)",
    "[paypal.com](<https://evil.example/a>)",
    '[paypal.com](https://evil.example "paypal.com")',
    "[paypal.com](https://paypal.com@evil.example)",
    "[paypal.com](https://evil.example/paypal.com)",
    "[paypal.com](https://evil.example/a_(b))",
    "[paypal.com\nlogin](https://evil.example)",
    "[see [paypal.com]](https://evil.example)",
    "[README.md on https://github.md](https://evil.example)",
    "`unclosed [paypal.com](https://evil.example)\n",
  ])("get the real one behind them: %s", (text) => {
    expect(passed(text).trimEnd()).toBe(`${text.trimEnd()} (→ evil.example)`);
    expect(passed(...text).trimEnd()).toBe(`${text.trimEnd()} (→ evil.example)`);
  });

  it("names an internationalised host in its ASCII form", () => {
    expect(passed("[paypal.com](https://p\u0430ypal.com)")).toMatch(/ \(→ xn--[\w-]+\.com\)$/);
    expect(passed("[p\u0430ypal.com](https://p\u0430ypal.com)")).not.toContain("→");
  });

  it.each([
    "[paypal.com](https://paypal.com/x)",
    "[paypal.com](https://www.paypal.com)",
    "[python.org](https://docs.python.org/3/)",
    "[WWW.Paypal.com](https://paypal.com)",
    "[the docs](https://evil.example)",
    "[README.md](https://github.com/a/b/blob/main/README.md)",
    "[v1.2.3](https://github.com/a/b/releases)",
    "`[paypal.com](https://evil.example)`",
    "``a ` [paypal.com](https://evil.example)``",
    "```\n[paypal.com](https://evil.example)\n```\n",
    "[paypal.com](mailto:a@evil.example)",
    "(in brackets) [x] (y) a](b)",
    "f(x)[0](1)",
  ])("leave what is honest, or code, as it is: %s", (text) => {
    expect(passed(text)).toBe(text);
    expect(passed(...text)).toBe(text);
  });

  it("are watched again below a block of code", () => {
    const text = "```md\n![a](https://a.example/x.png)\n```\n[paypal.com](https://evil.example)";
    expect(passed(text)).toBe(`${text} (→ evil.example)`);
  });
});

describe("images of a model", () => {
  it("become plain links, in one piece or in several", () => {
    const text = "Look: ![chart](https://a.example/x.png?q=secret) and text![b](https://b.example/y.png)";
    expect(passed(text)).toBe("Look: [chart](https://a.example/x.png?q=secret) and text[b](https://b.example/y.png)");
    expect(passed("Look: !", "[chart](https://a.example/x.png)")).toBe("Look: ! [chart](https://a.example/x.png)");
    for (const code of ["`![a](https://a.example)`", "```\n![a](b)\n```\n"]) expect(passed(code)).toBe(code);
    expect(passed("Wow! [a](https://a.example)")).toBe("Wow! [a](https://a.example)");
  });
});

describe("the watch", () => {
  it("only ever adds to what it has shown, and loses nothing, however the text is cut", () => {
    const piece = fc.constantFrom("[", "]", "(", ")", "!", "`", "```", "\n", "paypal.com", "https://evil.example", "é");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), fc.array(fc.nat(30), { maxLength: 8 }), (parts, cuts) => {
        const text = parts.join("");
        const marks = [...new Set([0, ...cuts.map((cut) => Math.min(cut, text.length)), text.length])].sort(
          (a, b) => a - b,
        );
        const shown = passed(...marks.slice(1).map((to, index) => text.slice(marks[index], to)));
        const bare = (given: string) => given.replaceAll(/ ?\(→ [^)]*\)| |!/g, "");
        expect(bare(shown)).toBe(bare(text));
      }),
      { numRuns: 500 },
    );
  });

  it("costs the same for a character, however many brackets there are", () => {
    const watch = createLinkWatch();
    for (const text of [")".repeat(200_000), "[".repeat(200_000), "](".repeat(100_000), "[a](".repeat(50_000)])
      expect(watch.pass(text).length).toBeGreaterThanOrEqual(text.length);
  });
});
