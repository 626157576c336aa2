import { describe, expect, it } from "vitest";
import type { RatingOutcome } from "../../src/commands/command-deps.js";
import { createVotes } from "../../src/usage/votes.js";
import { harness } from "./harness.js";

const MENU = { label: "Answer again with…", options: [{ label: "demo/x", command: "/chat retry model:demo/x" }] };
const counted = (fields: Partial<RatingOutcome> = {}): RatingOutcome =>
  ({ kind: "counted", how: "new", model: "openai/gpt-5", instead: [], ...fields }) as RatingOutcome;

describe("/chat rate", () => {
  it.each([
    ["good", counted(), "👍 Counted for `openai/gpt-5`; no text is stored."],
    ["👎", counted({ how: "changed" }), "👎 Changed: your vote for `openai/gpt-5` counts as this now."],
    ["bad", counted({ how: "same" }), "👎 You already voted this way; a vote counts once."],
    ["bad", { kind: "off" } as const, "Votes on answers are switched off in this workspace. Nothing was counted."],
  ])("says what became of %s: %o", async (answer, outcome, text) => {
    const { say, rateWith } = harness();
    rateWith(outcome);
    expect(await say(`/chat rate ${answer}`)).toBe(text);
  });

  it("offers another model for a bad answer, and says where the answer is too old", async () => {
    const { replies, say, rateWith, rated } = harness();
    rateWith(counted({ instead: [MENU] }));
    const [reply] = await replies("/chat rate bad", { on: "a1" });
    expect(reply).toMatchObject({ markdown: expect.stringContaining("can answer again"), controls: [MENU] });
    expect(rated.at(-1)).toMatchObject([{ on: "a1" }, false]);
    rateWith({ kind: "unknown" });
    expect(await say("/chat rate good")).toContain("too old");
    expect(await say("/chat rate")).toContain("good");
  });
});

describe("/chat rate in a channel whose questions begin threads", () => {
  it("means the asker's own last answer there", async () => {
    const { say, sessions, rated, rateWith, clock } = harness();
    rateWith(counted());
    const above = { isAboveThreads: true, conversation: "slack:T1:C1" } as const;
    expect(await say("/chat rate good", above)).toContain("You have asked nothing in the last day");
    await sessions.change("slack:T1:C1:t1", (before) => ({ ...before, answeredAt: clock.now(), nextTurn: 0 }));
    await sessions.take("slack:T1:C1:t1", {
      question: { message: "m", author: "Ada", authorId: "u1", text: "?", at: 1 },
      ...{ answer: "yes", ending: "done", provider: "openai", model: "gpt-5", usage: null, endedAt: 2 },
    });
    expect(await say("/chat rate good", above)).toContain("👍 Counted");
    expect(rated.at(-1)?.[0].conversation).toBe("slack:T1:C1:t1");
  });
});

describe("/settings feedback", () => {
  it("takes the buttons away and gives them back", async () => {
    const { say, settings } = harness();
    expect(await say("/settings feedback")).toBe("👍 and 👎 under answers: on.");
    await say("/settings feedback off");
    expect(settings.of("playground:local").feedback).toBe(false);
    expect(await say("/settings show")).toContain("👍 and 👎 under answers: off");
    expect(await say("/settings feedback on", { isOperator: false })).toMatch(/^🔒/);
  });
});

describe("/usage by model", () => {
  it("shows the share of good answers of each model, and in a direct message only the asker's own", async () => {
    const { say, record, store, clock } = harness();
    await record({ user: { id: "u1", name: "Ada" } });
    const votes = createVotes({ store, clock });
    const cast = (userId: string, model: string, isGood: boolean) =>
      votes.cast(
        {
          ...{ at: clock.now(), workspace: "playground:local", platform: "playground" },
          userId,
          provider: "openai",
          model,
          isGood,
        },
        { conversation: "c", message: model },
      );
    for (const [user, isGood] of [
      ["u1", true],
      ["u2", true],
      ["u3", false],
    ] as const)
      await cast(user, "gpt-5", isGood);
    await cast("u1", "gpt-4", false);
    expect(await say("/usage")).toContain("\n👍 `openai/gpt-5` 67 % of 3 votes · `openai/gpt-4` 0 % of 1\n");
    expect(await say("/usage today user")).not.toContain("👍");
    expect(await say("/usage", { isDirect: true })).toContain("`openai/gpt-5` 100 % of 1");
  });
});
