import { describe, expect, it } from "vitest";
import { controlBlocks, createPickers, labelText, pickerBlocks } from "../../../../src/bot/slack/send/controls.js";

/** 78 characters and two emoji: a cut at 75 falls among whole letters, one at 76 or 80 inside a pair. */
const LONG = [`${"x".repeat(73)}🌲🌲🌲`, `${"x".repeat(74)}🌲🌲`, `${"x".repeat(70)}👩‍👩‍👧‍👦 family`];
const HALF_OF_A_PAIR = /\p{Cs}/u;

const textsIn = (value: unknown): readonly string[] => {
  if (Array.isArray(value)) return value.flatMap(textsIn);
  if (typeof value !== "object" || value === null) return [];
  if ("type" in value && value.type === "plain_text" && "text" in value) return [String(value.text)];
  return Object.values(value).flatMap(textsIn);
};

describe("labels of controls on Slack", () => {
  const deps = { idFor: async (command: string) => command, pickers: createPickers([]) };

  it.each(LONG)("are cut between characters, never inside one: %j", async (label) => {
    const options = [{ label, command: "/help" }];
    const blocks = await controlBlocks(
      [
        { label, command: "/help" },
        { label, options },
      ],
      deps,
    );
    const picker = { prefix: "/models use ", panel: undefined };
    const texts = textsIn([...blocks, ...pickerBlocks({ label, picker })]);
    expect(texts).toHaveLength(4);
    for (const text of texts) {
      expect(text.length).toBeLessThanOrEqual(75);
      expect(text).toMatch(/…$/);
      expect(text).not.toMatch(HALF_OF_A_PAIR);
      expect(text).not.toMatch(/[\u200d]…$/);
    }
  });

  it("stay as they are up to 75 characters", () => {
    const label = `${"x".repeat(73)}🌲`;
    expect(labelText(label).text).toBe(label);
  });
});
