import { describe, expect, it } from "vitest";
import { harness } from "./harness.js";

const CHANNEL = "playground:local:general";
const watchesIn = async ({ deps }: ReturnType<typeof harness>) =>
  ((await deps.watches.channel(CHANNEL)).value?.watches ?? []).map(({ pattern, kind }) => `${pattern} ${kind}`);

describe("/models watch", () => {
  it.each([
    ["", "* all"],
    ["openai/*", "openai/* all"],
    ["openai/* price", "openai/* price"],
    ["price", "* price"],
    ["kind:retire pattern:*mini*", "*mini* retire"],
  ])("%s watches %s", async (typed, watch) => {
    const world = harness();
    await world.say(`/models watch ${typed}`);
    expect(await watchesIn(world)).toEqual([watch]);
  });

  it("says what the channel is told of, and how many models fit now", async () => {
    const world = harness();
    expect(await world.say("/models watch openai/gpt-* new")).toBe(
      "👁️ This channel gets a message about new models, matching `openai/gpt-*`: at most one an hour, without a " +
        "notification.\n2 of 5 listed models match now.",
    );
    expect(await world.say("/models watch gpt-5")).toContain("⚠️ No listed model matches now");
  });

  it("replaces the watch of a pattern, and keeps those of others", async () => {
    const world = harness();
    for (const watch of ["openai/* new", "* gone", "openai/* price"]) await world.say(`/models watch ${watch}`);
    expect(await watchesIn(world)).toEqual(["* gone", "openai/* price"]);
  });

  it("takes 20 watches a channel", async () => {
    const world = harness();
    for (let index = 0; index < 20; index++) await world.say(`/models watch m${index}*`);
    expect(await world.say("/models watch one-more*")).toContain("At most 20 watches");
    expect(await watchesIn(world)).toHaveLength(20);
  });

  it("is for operators, and for anyone in a direct message", async () => {
    const world = harness();
    expect(await world.say("/models watch", { isOperator: false })).toContain("🔒 Only operators");
    expect(await world.say("/models watch", { isOperator: false, isDirect: true })).toContain("👁️");
  });
});

describe("/models unwatch and watches", () => {
  it("show this channel's watches, and end one", async () => {
    const world = harness();
    expect(await world.say("/models watches")).toContain("This channel has no watches.");
    await world.say("/models watch openai/* new");
    await world.say("/models watch");
    expect(await world.controls("/models unwatch")).toEqual([
      { label: "openai/* (new)", command: "/models unwatch openai/*" },
      { label: "* (all)", command: "/models unwatch *" },
    ]);
    expect(await world.say("/models watches", { isOperator: false })).toContain(
      "- all changes of models (set by `Ada`)",
    );
    expect(await world.say("/models unwatch openai/*")).toContain("Still watched: all changes of models.");
    expect(await world.say("/models unwatch openai/*")).toContain("is not watched here");
    await world.say("/models unwatch *");
    expect(await world.store.values("watches").entries()).toEqual([]);
  });
});

describe("a watch's message", () => {
  it("tries a model on the last question, whichever message its control stands under", async () => {
    const world = harness();
    await world.deps.watches.change(CHANNEL, () => ({
      watches: [{ pattern: "*", kind: "all", by: "Ada", at: 1 }],
      isDirect: false,
      messages: ["m7"],
    }));
    await world.say("/chat retry model:openai/gpt-5", { on: "m7" });
    await world.say("/chat retry model:openai/gpt-5", { on: "m8" });
    expect(world.retries.map(([{ on }]) => on)).toEqual([undefined, "m8"]);
  });
});
