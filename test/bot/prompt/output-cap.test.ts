import { describe, expect, it } from "vitest";
import { outputCap } from "../../../src/bot/prompt/context.js";

const terms = { inputTokens: 1_000, hostTokens: undefined, isWanted: false };

describe("outputCap()", () => {
  it.each([
    ["the usual one where the model writes more", { outputTokens: 64_000 }, {}, { tokens: 16_384, isHosts: true }],
    ["the host's", { outputTokens: 64_000 }, { hostTokens: 2_000 }, { tokens: 2_000, isHosts: true }],
    [
      "the host's, also above the usual one",
      { outputTokens: 64_000 },
      { hostTokens: 32_000 },
      { tokens: 32_000, isHosts: true },
    ],
    ["the model's own limit", { outputTokens: 4_096 }, {}, { tokens: 4_096, isHosts: false }],
    ["the model's own limit, just as high", { outputTokens: 16_384 }, {}, { tokens: 16_384, isHosts: false }],
    ["what the window leaves", { contextTokens: 8_192, outputTokens: 8_192 }, {}, { tokens: 7_042, isHosts: false }],
    ["a little where the window is full", { contextTokens: 1_000 }, {}, { tokens: 256, isHosts: false }],
    ["none where nothing is known", {}, {}, undefined],
    ["the host's where nothing is known", {}, { hostTokens: 500 }, { tokens: 500, isHosts: true }],
    ["the usual one where a budget wants an end", {}, { isWanted: true }, { tokens: 16_384, isHosts: true }],
  ])("is %s", (_what, facts, more, expected) => {
    expect(outputCap(facts, { ...terms, ...more })).toEqual(expected);
  });
});
