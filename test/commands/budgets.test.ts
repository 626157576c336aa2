import { describe, expect, it } from "vitest";
import { createBudgets } from "../../src/usage/budgets/budgets.js";
import { harness, type World } from "./harness.js";

const HOST = [{ scope: "person", amount: 5, unit: "usd", per: "day" }] as const;
const world = (more: World = {}) => harness(more);

describe("/settings budget", () => {
  it("sets, changes and drops budgets, and shows what is in force", async () => {
    const it = world();
    expect(await it.say("/settings budget")).toBe("Budgets: **none** (the default)");
    const set = await it.say("/settings budget person 2 usd day");
    expect(set).toContain("- each person: **2 USD a day** (this workspace)");
    expect(set).toMatch(/Models of unknown price \(\d of \d listed\) do not count towards a USD budget/);
    const setAt = it.settings.of("playground:local").budgets?.person?.setAt;
    await it.clock.advance(1_000);
    await it.say("/settings budget person 1.5");
    const { budgets } = it.settings.of("playground:local");
    expect(budgets).toEqual({ person: { amount: 1.5, unit: "usd", per: "day", setAt } });
    await it.say("/settings budget workspace 100 questions month");
    expect(await it.say("/settings show")).toContain("- the workspace: **100 questions a month** (this workspace)");
    await it.say("/settings budget person off");
    expect(await it.say("/settings budget workspace off")).toContain("Budgets: **none**");
  });

  it.each([
    ["/settings budget person", "Give who, how much and of what"],
    ["/settings budget person 2", "Give who, how much and of what"],
    ["/settings budget 2 usd day", "Give who, how much and of what"],
    ["/settings budget person 0 usd day", "number above 0"],
    ["/settings budget person -1 usd day", "number above 0"],
    ["/settings budget person 1.5 questions day", "whole numbers"],
    ["/settings budget person 6 usd day", "The bot's host lets each person use 5 USD a day at most"],
  ])("refuses %s and changes nothing", async (line, text) => {
    const it = world({ hostBudgets: HOST });
    expect(await it.say(line)).toContain(text);
    expect(it.settings.of("playground:local").budgets).toBeUndefined();
  });

  it("takes up to the host's ceiling, and is for operators", async () => {
    const it = world({ hostBudgets: HOST });
    expect(await it.say("/settings budget")).toContain(
      "- each person: **5 USD a day** (the bot's host, over all workspaces)",
    );
    expect(await it.say("/settings budget person 5 usd day", { isOperator: false })).toContain("operators");
    expect(await it.say("/settings budget person 5 usd day")).toContain("Saved");
    expect(await it.say("/settings budget person 50 usd month")).toContain("Saved");
  });
});

describe("/settings raise", () => {
  it("doubles a budget until tomorrow, again and again, never above the host's", async () => {
    const it = world({ hostBudgets: HOST });
    await it.say("/settings budget person 2 usd day");
    expect(await it.say("/settings raise person <@123456789012345678>")).toMatch(
      /^This person's budget is 4 USD for today/,
    );
    expect(await it.say("/settings raise person 123456789012345678")).toContain("is 5 USD for today");
    expect(await it.say("/settings raise person 123456789012345678")).toContain("use 5 USD a day at most");
    expect(Object.keys(it.settings.of("playground:local").budgets?.raised ?? {})).toHaveLength(1);
    expect(JSON.stringify(it.settings.of("playground:local"))).not.toContain("123456789012345678");
    await it.clock.advance(86_400_000);
    await it.say("/settings budget channel 10 questions week");
    expect(await it.say("/settings raise channel")).toContain("This channel's budget is 20 questions for this week");
    expect(Object.keys(it.settings.of("playground:local").budgets?.raised ?? {})).toEqual([
      "channel/playground:local:general",
    ]);
  });

  it("says what is missing, and is for operators", async () => {
    const it = world();
    expect(await it.say("/settings raise workspace")).toContain("has set no budget for the workspace");
    await it.say("/settings budget person 2 usd day");
    expect(await it.say("/settings raise person")).toContain("Name the person");
    expect(await it.say("/settings raise person u1", { isOperator: false })).toContain("operators");
  });
});

describe("/usage budget", () => {
  it("shows everybody their own, and operators all with who is near", async () => {
    const it = world();
    expect(await it.say("/usage budget", { isOperator: false })).toContain("There is no budget here");
    await it.record({
      platform: "playground",
      user: { id: "u1", name: "Ada" },
      costUsd: 0.5,
      id: "playground:local:general:m1",
    });
    await it.record({
      platform: "playground",
      user: { id: "u2", name: "Bob" },
      costUsd: 1.9,
      id: "playground:local:general:m2",
    });
    await it.say("/settings budget person 2 usd day");
    await it.say("/settings budget channel 4 questions day");
    const ada = await it.say("/usage budget", { isOperator: false });
    expect(ada).toMatch(/^- You: \*\*25 %\*\* used: 0.5 USD of 2 USD for today; 1.5 USD left, renews Tue 00:00 UTC/m);
    expect(ada).toContain("- This channel: **50 %** used: 2 questions of 4 questions for today; 2 questions left");
    expect(ada).not.toContain("Bob");

    const counted = { id: "playground:local:general:m3", signal: new AbortController().signal, onWait() {} };
    for (const person of ["u1", "u2"]) {
      const channel = "playground:local:general";
      const limits = it.deps.budgets.limitsFor({
        platform: "playground",
        person,
        workspace: "playground:local",
        channel,
      });
      await createBudgets({ ...it, ...it.deps, host: [] }).reserve(limits, {
        ...counted,
        cost: { usd: 0.1, tokens: 1 },
      });
    }
    const all = await it.say("/usage budget");
    const [, , , ...everybody] = all.split("\n");
    expect(everybody.join("\n")).toMatch(/the most used first\*\*\n- ⚠️ somebody: \*\*95 %\*\* used/);
    expect(everybody.join("\n")).toContain("up to 0.1 USD reserved for answers in progress");
    expect(everybody.join("\n")).toContain("channel `general`: **50 %** used");
  });
});
