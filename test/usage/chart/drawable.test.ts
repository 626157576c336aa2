import { describe, expect, it } from "vitest";
import { drawable } from "../../../src/usage/chart/chart-options.js";

describe("drawable()", () => {
  it.each([
    ["openai/gpt-5-mini_2025…", "openai/gpt-5-mini_2025…"],
    ["Łukasz Ж Ω ệ", "Łukasz Ж Ω ệ"],
    ["Ze\u0301", "Zé"],
    ["Ada 🎉 L.", "Ada L."],
    ["日本 x", "x"],
    ["日本", "no. 1"],
    ["🎉🎉", "no. 1"],
    ["…", "no. 1"],
    ["a\u202eb\u0000\n c", "ab c"],
    ["", "no. 1"],
  ])("of %j is %j", (label, shown) => {
    expect(drawable(label, "no. 1")).toBe(shown);
  });
});
