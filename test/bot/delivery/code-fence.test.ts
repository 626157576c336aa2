import { describe, expect, it } from "vitest";
import { fenceAfter, NO_FENCE, stacked } from "../../../src/bot/delivery/code-fence.js";

describe("stacked()", () => {
  it("puts what there is one below the other", () => {
    expect(stacked(["An answer.", undefined, "  ", "A line."])).toBe("An answer.\n\nA line.");
    expect(stacked([undefined, "A line."])).toBe("A line.");
    expect(stacked([])).toBe("");
  });

  it.each([
    ["```js\nconst a", "```js\nconst a\n```"],
    ["```js\nconst a\n", "```js\nconst a\n```"],
    ["~~~~\ntext\n~~~", "~~~~\ntext\n~~~\n~~~~"],
    ["1. first\n   ```\n   code", "1. first\n   ```\n   code\n   ```"],
    ["```", "```\n```"],
    ["- ```sh\n  ls", "- ```sh\n  ls\n  ```"],
    ["> ```\n> x", "> ```\n> x\n> ```"],
  ])("closes the code that %j leaves open, so that the next part is none", (open, closed) => {
    expect(stacked([open, "⏹️ Stopped."])).toBe(`${closed}\n\n⏹️ Stopped.`);
  });

  it("leaves as it is what is closed, and what comes last", () => {
    expect(stacked(["```\nx\n```", "⏹️ Stopped."])).toBe("```\nx\n```\n\n⏹️ Stopped.");
    expect(stacked(["Above.", "```\nstill growing"])).toBe("Above.\n\n```\nstill growing");
  });
});

describe("fenceAfter()", () => {
  it.each([
    ["a fence with an info string", "```js\nx", "```"],
    ["one inside that opens like another", "```md\n```js\nx\n", "```"],
    ["a shorter one inside", "````md\n```\nx\n```\n", "````"],
    ["the other kind inside", "~~~\n```\nx", "~~~"],
    ["one that is closed, and another one", "```\nx\n```\n~~~sh\ny", "~~~"],
    ["one that a longer one closes", "```\nx\n`````\n", undefined],
    ["one that is closed with white space behind it", "```\r\nx\r\n``` \r\n", undefined],
    ["one in an item of a list", "1. - ```js\n     x\n", "```"],
    ["one in a quote", "> ```js\n> x\n", "```"],
    ["one in a quote that ends", "> ```js\n> x\n> ```\n> y", undefined],
    ["one in a quote that ends before it does", "> ```js\n> x\ny\n", undefined],
    ["one in which there is a quote or an item that begins with marks", "```\n> ```\n- ```\n", "```"],
    ["one that is closed at another indentation", "- ```\n  x\n  ```\n   ```\ny\n```\n", undefined],
    ["three marks that begin and end in one line", "```like this``` and on\n", undefined],
    ["three tildes with marks behind them", "~~~ `x`\ny", "~~~"],
    ["two marks", "``\nx\n", undefined],
    ["a number before marks", "3 ```\nx\n", undefined],
    ["marks in the middle of a line", "see ```\nx\n", undefined],
  ])("knows %s", (_what, text, marker) => {
    expect(fenceAfter(text, NO_FENCE)?.marker).toBe(marker);
  });
});
