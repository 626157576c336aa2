import { describe, expect, it } from "vitest";
import { showTimes, timeMark } from "../../src/base/time.js";

describe("timeMark", () => {
  it("names whole seconds, cut and not rounded", () => {
    expect(timeMark(1_999)).toBe("<t:1:R>");
    expect(timeMark(2_000)).toBe("<t:2:R>");
  });
});

describe("showTimes", () => {
  it("replaces every mark and nothing else", () => {
    const text = `from ${timeMark(5_000)} to ${timeMark(61_000)}, <t:x:R> stays`;
    expect(showTimes(text, (at) => `[${at}]`)).toBe("from [5000] to [61000], <t:x:R> stays");
  });
});
