import { describe, expect, it } from "vitest";
import { createQuestionTitles } from "../../../../src/bot/slack/send/agent-calls.js";

describe("titles of questions", () => {
  const message = { platform: "slack", workspace: "T1", channel: "C1", message: "1.1" };
  const titleOf = (text: string) => {
    const titles = createQuestionTitles();
    titles.set(message, text);
    return titles.of(message);
  };

  it("are the first line", () => {
    expect(titleOf("\n What is a tree?\nIn short.")).toBe("What is a tree?");
    expect(titleOf("  ")).toBeUndefined();
  });

  it.each([`${"x".repeat(78)}🌲🌲`, `${"x".repeat(75)}👩‍👩‍👧‍👦 and more`])("are cut between characters: %j", (text) => {
    const title = titleOf(text) ?? "";
    expect(title.length).toBeLessThanOrEqual(80);
    expect(title).toMatch(/^x+…$/);
  });
});
