import { describe, expect, it } from "vitest";
import { harness } from "./harness.js";

const CONVERSATION = "playground:local:general";

describe("/chat new", () => {
  it("leaves behind what was said, and keeps the model", async () => {
    const world = harness();
    await world.say("/models use gpt-5");
    await world.sessions.change(CONVERSATION, (before) => ({ ...before, nextTurn: 7 }));
    expect(await world.say("/chat new", { isOperator: false })).toBe(
      "🌱 New conversation: earlier messages are no longer sent to the model. The model stays **openai/gpt-5**.",
    );
    expect(await world.sessions.get(CONVERSATION)).toMatchObject({
      firstTurn: 7,
      nextTurn: 7,
      pin: { provider: "openai", model: "gpt-5", by: "Ada" },
    });
  });

  it("says what an unpinned conversation will get", async () => {
    expect(await harness().say("/chat new")).toContain("pins this channel to the default model, now **openai/gpt-5**");
  });
});

describe("/chat stop", () => {
  it.each([
    ["stopped", "⏹️ Stopped. The partial answer is kept."],
    ["nothing-runs", "No answer is being written here."],
    ["not-yours", "🔒 Only the person who asked, or an operator, may stop this answer."],
  ] as const)("says when %s", async (result, text) => {
    const world = harness();
    world.answerStopWith(result);
    expect(await world.say("/chat stop", { isOperator: false })).toBe(text);
    expect(world.stops).toEqual([[CONVERSATION, { id: "u1", isOperator: false }, undefined]]);
  });
});
