import { describe, expect, it } from "vitest";
import { readAnthropicRow } from "../../../src/providers/anthropic-wire/anthropic-provider.js";
import { readOpenAiRow } from "../../../src/providers/openai-wire/model-row.js";

const DAY = Date.UTC(2027, 0, 14);
const read = (row: object) => readOpenAiRow({ id: "m", ...row }, { isChat: () => true });

describe("a row of a list", () => {
  it.each([
    [
      "Mistral's",
      { deprecation: "2027-01-14T00:00:00Z", deprecation_replacement_model: "m-2" },
      { retiresAt: DAY, replacement: "m-2" },
    ],
    ["OpenRouter's", { expiration_date: "2027-01-14" }, { retiresAt: DAY }],
    ["LiteLLM's", { deprecation_date: "2027-01-14" }, { retiresAt: DAY }],
    [
      "Azure's",
      { deprecation: { inference: DAY / 1_000 }, lifecycle_status: "deprecated" },
      { retiresAt: DAY, isDeprecated: true },
    ],
  ])("says when its model retires, in %s words", (_vendor, row, facts) => {
    expect(read(row)).toEqual({ id: "m", isChat: true, ...facts });
  });

  it("says nothing by null, by nonsense, or by 1970", () => {
    for (const deprecation of [null, "soon", 0, {}, true])
      expect(read({ deprecation })).toEqual({ id: "m", isChat: true });
    expect(read({ deprecated: false, lifecycle_status: "generally-available" })).toEqual({ id: "m", isChat: true });
  });

  it("of Anthropic's tells its lifecycle and the day", () => {
    expect(readAnthropicRow({ id: "claude-x", lifecycle: "deprecated", retires_at: "2027-01-14T00:00:00Z" })).toEqual({
      id: "claude-x",
      isDeprecated: true,
      retiresAt: DAY,
      isChat: true,
    });
    expect(readAnthropicRow({ id: "claude-x", lifecycle: "active", retires_at: null })).toEqual({
      id: "claude-x",
      isChat: true,
    });
  });
});
