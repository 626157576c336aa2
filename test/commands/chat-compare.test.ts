import { describe, expect, it } from "vitest";
import type { Turn } from "../../src/store/sessions/sessions.js";
import { harness } from "./harness.js";

const CONVERSATION = "playground:local:general";
const MINI = { provider: "openai", model: "gpt-5-mini" };
const SMALL = { provider: "demo", model: "demo-small" };

describe("/chat compare", () => {
  it("asks one or two models, and says where they answer", async () => {
    const world = harness();
    expect(await world.say("/chat compare gpt-5-mini")).toBe(
      "⚖️ `openai/gpt-5-mini` answers the last question too. `Use … here` under an answer continues with it.",
    );
    world.answerCompareWith({ kind: "started", models: [MINI, SMALL], link: "<#7>", fault: undefined });
    expect(await world.say("/chat compare openai/gpt-5-mini other:demo/demo-small")).toContain(
      "`openai/gpt-5-mini` and `demo/demo-small` answer the last question too in <#7>.",
    );
    expect(world.comparisons).toMatchObject([
      [{ conversation: CONVERSATION }, [MINI]],
      [{ conversation: CONVERSATION }, [MINI, SMALL]],
    ]);
  });

  it("asks back about an unknown one, and its choice brings the other along", async () => {
    const world = harness();
    expect(await world.say("/chat compare demo- gpt-5-mini")).toContain("Which one do you mean?");
    const [choice] = await world.controls("/chat compare demo- gpt-5-mini");
    await world.say(choice && "command" in choice ? choice.command : "");
    expect(world.comparisons[0]?.[1]).toHaveLength(2);
    expect(world.comparisons[0]?.[1]).toContainEqual(MINI);
  });

  it.each([
    ["/chat compare gpt-5-mini openai/gpt-5-mini", "Both are `openai/gpt-5-mini`"],
    ["/chat compare", "needs `model`"],
    ["/chat compare nobody/knows", "no provider `nobody`"],
  ])("refuses %s", async (typed, words) => {
    const world = harness();
    expect(await world.say(typed)).toContain(words);
    expect(world.comparisons).toEqual([]);
  });

  it("refuses a model that a rule keeps out, with the rule's words", async () => {
    const world = harness({ rules: { deny: ["demo/*"] } });
    expect(await world.say("/chat compare gpt-5-mini demo/demo-small")).toMatch(/🔒 \*\*demo\/demo-small\*\* .*host/);
    expect(world.comparisons).toEqual([]);
  });

  it.each([
    [{ kind: "nothing-asked" }, "no question here yet"],
    [{ kind: "already" }, "answered here already"],
    [{ kind: "refused", why: "Because." }, "Because."],
  ] as const)("says why not: %j", async (outcome, words) => {
    const world = harness();
    world.answerCompareWith(outcome);
    const [reply] = await world.replies("/chat compare gpt-5-mini");
    expect(reply?.markdown).toContain(words);
    expect(reply).toMatchObject({ isFailure: true });
  });

  it("says which of two may not be asked any more", async () => {
    const world = harness();
    world.answerCompareWith({ kind: "started", models: [MINI], link: undefined, fault: "One too many." });
    expect(await world.say("/chat compare gpt-5-mini demo/demo-small")).toMatch(
      /^⚖️ `openai\/gpt-5-mini` answers.*\nOne/,
    );
  });

  it("above threads is about its caller's newest thread of the last day", async () => {
    const world = harness();
    const thread = `${CONVERSATION}:t1`;
    const above = { isAboveThreads: true } as const;
    expect(await world.say("/chat compare gpt-5-mini", above)).toContain("asked nothing in the last day");
    const question = { message: "m1", author: "Ada", authorId: "u1", text: "Why?", at: world.clock.now() };
    const rest = { answer: "So.", ending: "done", provider: "openai", model: "gpt-5", usage: null } as const;
    const turn: Turn = { question, ...rest, endedAt: world.clock.now() };
    await world.sessions.end("q1", thread, turn);
    await world.say("/chat compare gpt-5-mini", above);
    expect(world.comparisons).toMatchObject([[{ conversation: thread }, [MINI]]]);
  });
});

describe("/chat choose", () => {
  it("says what the conversation goes on with", async () => {
    const world = harness();
    expect(await world.say("/chat choose mabc0")).toBe(
      "📌 This conversation now uses **openai/gpt-5**. The conversation continues from its answer.",
    );
    expect(world.choices).toEqual([[CONVERSATION, "mabc0"]]);
    world.answerChooseWith({ model: MINI, isNew: true, isLeftBehind: true });
    expect(await world.say("/chat choose mabc0")).toContain("from before the fresh start");
    world.answerChooseWith({ model: MINI, isNew: false, isLeftBehind: false });
    expect(await world.say("/chat choose mabc0")).toContain("already");
  });

  it("is for operators where they choose the models", async () => {
    const world = harness();
    await world.say("/settings switching operators", { isOperator: true });
    expect(await world.say("/chat choose mabc0", { isOperator: false })).toContain("Only operators");
    expect(world.choices).toEqual([]);
  });
});
