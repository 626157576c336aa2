import { describe, expect, it } from "vitest";
import { harness, MINUTE_MS } from "./harness.js";

const WORKSPACE = "playground:local";
const PRICED = [
  { id: "gpt-5", isChat: true, outputPrice: 10 },
  { id: "gpt-5-pro", isChat: true, outputPrice: 120 },
  { id: "house-model", isChat: true },
];
const OPENAI = { id: "openai", models: PRICED, families: ["gpt-5-pro", "gpt-5"] };
const DEMO = { id: "demo", models: [{ id: "demo-small", isChat: true, outputPrice: 0 }] };
const world = (rules = {}) => harness({ providers: [OPENAI, DEMO], rules });

describe("/settings models", () => {
  it("shows that all models may be used where nothing is set", async () => {
    expect(await world().say("/settings models")).toBe("Models that may be used: **all** (the default)");
  });

  it("stores patterns for the workspace and says how many models they leave", async () => {
    const { say, settings } = world();
    const text = await say("/settings models allow openai/gpt-*, demo/*");
    expect(settings.of(WORKSPACE).models).toEqual({ allow: ["openai/gpt-*", "demo/*"] });
    expect(text).toContain("Models that may be used: **3 of 4 listed chat models**");
    expect(text).toContain("- allow `openai/gpt-*` or `demo/*` (this workspace)");
    expect(settings.of("discord:2")).toEqual({});
  });

  it("replaces a rule, clears it with off, and drops all with reset", async () => {
    const { say, settings } = world();
    await say("/settings models allow openai/*");
    await say("/settings models allow demo/*");
    await say("/settings models max-price 12.5");
    expect(settings.of(WORKSPACE).models).toEqual({ allow: ["demo/*"], maxPrice: 12.5 });
    await say("/settings models allow off");
    expect(settings.of(WORKSPACE).models).toEqual({ maxPrice: 12.5 });
    await say("/settings models reset");
    expect(settings.of(WORKSPACE)).toEqual({});
  });

  it("states unknown prices and blocks them where that is set", async () => {
    const { say } = world();
    expect(await say("/settings models max-price 12")).toMatch(
      /3 of 4 .*\n.*at most 12 USD.*\n- models of unknown price are allowed/,
    );
    expect(await say("/settings models unknown-price block")).toMatch(
      /2 of 4 .*\n.*\n- models of unknown price are left out/,
    );
  });

  it.each([
    ["max-price cheap", "`max-price` takes USD per million output tokens"],
    ["unknown-price maybe", "`unknown-price` takes `pass`, `block` or `off`"],
    ["allow", "`allow` needs a value"],
    ["allow ,", "Give patterns for provider/model"],
  ])("changes nothing for %s", async (typed, words) => {
    const { say, settings } = world();
    expect(await say(`/settings models ${typed}`)).toContain(words);
    expect(settings.of(WORKSPACE)).toEqual({});
  });

  it("warns of patterns that no listed model fits, and of rules that leave none", async () => {
    const { say } = world();
    const text = await say("/settings models allow gpt-*");
    expect(text).toContain("⚠️ These rules leave no listed model");
    expect(text).toContain("No listed model matches `gpt-*` (patterns match `provider/model`).");
  });

  it("is for operators, and shown to anyone by /settings show", async () => {
    const { say } = world();
    expect(await say("/settings models deny demo/*", { isOperator: false })).toContain("🔒 Only operators");
    await say("/settings models deny demo/*");
    expect(await say("/settings show", { isOperator: false })).toContain("- deny `demo/*` (this workspace)");
  });
});

describe("rules for models", () => {
  it("refuse a typed model with the rule's words and who can change it", async () => {
    const { say, sessions } = world();
    await say("/settings models max-price 20");
    expect(await say("/models use openai/gpt-5-pro")).toBe(
      "🔒 **openai/gpt-5-pro** costs 120 USD per million output tokens, and this workspace allows at most 20. " +
        "An operator can change that with `/settings models`. `/models list` shows what may be used. Nothing was changed.",
    );
    expect((await sessions.get("playground:local:general")).pin).toBeNull();
    expect(await say("/models use openai/gpt-5")).toContain("now uses **openai/gpt-5**");
  });

  it("refuse an unlisted model, a default and another answer too", async () => {
    const { say, retries } = world();
    await say("/settings models deny openai/o*");
    for (const command of ["/models use", "/settings model", "/chat retry"]) {
      expect(await say(`${command} openai/o9`)).toContain("deny `openai/o*`");
    }
    expect(retries).toEqual([]);
  });

  it("of the host name the host", async () => {
    const { say } = world({ allow: ["demo/*"] });
    expect(await say("/models use openai/gpt-5")).toContain("Only the bot's host can change that.");
    expect(await say("/settings models")).toContain("- allow `demo/*` (the host, for all workspaces)");
  });

  it("leave only allowed models in lists, suggestions and choices", async () => {
    const { say, suggest, controls } = world();
    await say("/settings models deny */*-pro");
    expect(await say("/models list")).not.toContain("pro");
    expect(await say("/models list")).toContain("🔒 Only models that are allowed here");
    expect(suggest("/models use", "model", "").map(({ value }) => value)).toEqual([
      "openai/gpt-5",
      "demo/demo-small",
      "openai/house-model",
    ]);
    expect(JSON.stringify(await controls("/models use -"))).not.toContain("pro");
  });

  it("make the default the newest allowed model, of the next provider where the first has none left", async () => {
    const { say } = world();
    expect(await say("/settings model")).toContain("**openai/gpt-5-pro**");
    await say("/settings models max-price 20");
    expect(await say("/settings model")).toContain("**openai/gpt-5**");
    await say("/settings models allow demo/*");
    expect(await say("/settings model")).toContain("**demo/demo-small**");
  });

  it("skip a workspace's own default that they rule out, and say so", async () => {
    const { say, clock } = world();
    await say("/settings model openai/gpt-5-pro");
    await say("/settings models deny */*-pro");
    await clock.advance(MINUTE_MS);
    const text = await say("/settings model");
    expect(text).toContain("**openai/gpt-5** (the first provider's newest preferred model)");
    expect(text).toContain("`openai/gpt-5-pro` is skipped: it is ruled out by this workspace");
  });
});
