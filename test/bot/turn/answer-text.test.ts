import { describe, expect, it } from "vitest";
import { createAnswerText } from "../../../src/bot/turn/answer-text.js";

function answer(showsReasoning: boolean, ...deltas: readonly (readonly ["say" | "think", string])[]) {
  const text = createAnswerText({ showsReasoning });
  const steps: string[] = [];
  for (const [verb, delta] of deltas) {
    text[verb](delta);
    steps.push(text.shown());
  }
  expect(text.saidChars()).toBe(text.said().length);
  return { said: text.said(), shown: text.shown(), steps };
}

describe("createAnswerText()", () => {
  it("quotes what was thought above what is said, and each step continues the one before", () => {
    const { said, shown, steps } = answer(
      true,
      ["think", "First\nsecond"],
      ["think", " line"],
      ["say", "\n\nYes"],
      ["say", ", of course."],
    );
    expect(shown).toBe("> First\n> second line\n\nYes, of course.");
    expect(said).toBe("Yes, of course.");
    for (const [index, step] of steps.entries()) expect(step.startsWith(steps[index - 1] ?? "")).toBe(true);
  });

  it("leaves it out where nobody asked for it", () => {
    const { said, shown } = answer(false, ["think", "secret"], ["say", "Yes"]);
    expect([said, shown]).toEqual(["Yes", "Yes"]);
  });

  it("does not let a thought break up an answer that has begun", () => {
    expect(answer(true, ["say", "Yes"], ["think", "hm"], ["say", " and no"]).shown).toBe("Yes and no");
  });

  it("shows at most 20,000 characters of it", () => {
    const { shown } = answer(true, ["think", "x".repeat(19_999)], ["think", "yz"], ["think", "more"], ["say", "Yes"]);
    expect(shown).toBe(`> ${"x".repeat(19_999)}y…\n\nYes`);
  });

  it("says nothing for empty deltas", () => {
    expect(answer(true, ["think", ""], ["say", ""])).toMatchObject({ said: "", shown: "" });
  });
});
