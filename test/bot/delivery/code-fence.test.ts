import { describe, expect, it } from "vitest";
import { stacked } from "../../../src/bot/delivery/code-fence.js";

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
  ])("closes the code that %j leaves open, so that the next part is none", (open, closed) => {
    expect(stacked([open, "⏹️ Stopped."])).toBe(`${closed}\n\n⏹️ Stopped.`);
  });

  it("leaves as it is what is closed, and what comes last", () => {
    expect(stacked(["```\nx\n```", "⏹️ Stopped."])).toBe("```\nx\n```\n\n⏹️ Stopped.");
    expect(stacked(["Above.", "```\nstill growing"])).toBe("Above.\n\n```\nstill growing");
  });
});
