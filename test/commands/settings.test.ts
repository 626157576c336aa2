import { describe, expect, it } from "vitest";
import { harness } from "./harness.js";

const WORKSPACE = "playground:local";
const NEXT_CHECK = "It takes effect at the next check, within 10 seconds.";

describe("/settings auto-refresh", () => {
  it.each([
    ["on 10", { isEnabled: true, interval: 10 }],
    ["10", { interval: 10 }],
    ["interval:10", { interval: 10 }],
    ["smart", { interval: "smart" }],
    ["off", { isEnabled: false }],
    ["openai 5", { providers: { openai: { interval: 5 } } }],
    ["provider:openai off", { providers: { openai: { isEnabled: false } } }],
  ])("%s is stored for the workspace alone", async (args, expected) => {
    const world = harness();
    expect(await world.say(`/settings auto-refresh ${args}`)).toMatch(/^Saved\. Auto-refresh/);
    expect(world.settings.of(WORKSPACE)).toEqual(expected);
    expect(world.settings.of("discord:2")).toEqual({});
  });

  it("says what is now in force, and from when on", async () => {
    const world = harness();
    expect(await world.say("/settings auto-refresh on 10")).toBe(
      `Saved. Auto-refresh: on, every 10 minutes (set in this workspace). ${NEXT_CHECK}`,
    );
    expect(await world.say("/settings auto-refresh 1")).toContain("every minute (set in this workspace)");
    expect(await world.say("/settings auto-refresh smart")).toContain("smart: often while people are here");
  });

  it("says what off leaves possible", async () => {
    const text = await harness().say("/settings auto-refresh off");
    expect(text).toContain("Auto-refresh: off (set in this workspace)");
    expect(text).toContain("A refresh that is running finishes, and `/refresh-models` still works.");
  });

  it("warns that an interval waits while it is off", async () => {
    const world = harness();
    await world.say("/settings auto-refresh off");
    expect(await world.say("/settings auto-refresh 3")).toContain(
      "it waits until you turn it on: `/settings auto-refresh on`",
    );
  });

  it("keeps what a change does not name", async () => {
    const world = harness();
    await world.say("/settings switching operators");
    await world.say("/settings auto-refresh off 3");
    await world.say("/settings auto-refresh openai 1");
    await world.say("/settings auto-refresh openai off");
    await world.say("/settings auto-refresh on");
    expect(world.settings.of(WORKSPACE)).toEqual({
      switching: "operators",
      isEnabled: true,
      interval: 3,
      providers: { openai: { interval: 1, isEnabled: false } },
    });
  });

  it("default drops the workspace's interval, and no more", async () => {
    const world = harness();
    await world.say("/settings auto-refresh off 3");
    expect(await world.say("/settings auto-refresh default")).toContain("every 5 minutes (the host's default)");
    expect(world.settings.of(WORKSPACE)).toEqual({ isEnabled: false });
  });

  it("default drops all that a provider has of its own", async () => {
    const world = harness();
    await world.say("/settings auto-refresh openai off 3");
    await world.say("/settings auto-refresh demo 1");
    expect(await world.say("/settings auto-refresh provider:openai default")).toBe(
      `Saved. Auto-refresh of \`openai\`: on, every 5 minutes (the host's default) (no setting of its own). ${NEXT_CHECK}`,
    );
    expect(world.settings.of(WORKSPACE)).toEqual({ providers: { demo: { interval: 1 } } });
    await world.say("/settings auto-refresh demo default on");
    expect(world.settings.of(WORKSPACE)).toEqual({ providers: { demo: { isEnabled: true } } });
    await world.say("/settings auto-refresh demo default");
    expect(world.settings.of(WORKSPACE)).toEqual({});
  });

  it("shows what is in force when said alone, and changes nothing", async () => {
    const world = harness();
    await world.say("/settings auto-refresh openai 1");
    const before = world.settings.of(WORKSPACE);
    const [reply] = await world.replies("/settings auto-refresh");
    expect(reply?.markdown.split("\n")).toEqual([
      "Auto-refresh: on, every 5 minutes (the host's default)",
      "Auto-refresh of `openai`: on (the host's default), every minute (this provider's own setting)",
    ]);
    expect(reply?.controls?.map(({ label }) => label)).toEqual([
      "Turn auto-refresh off",
      "Refresh interval: every 5 minutes",
    ]);
    expect(await world.say("/settings auto-refresh provider:demo")).toContain("(no setting of its own)");
    expect(world.settings.of(WORKSPACE)).toEqual(before);
  });

  it("answers a slip with what it takes, and changes nothing", async () => {
    const world = harness();
    const text = await world.say("/settings auto-refresh evry 5");
    expect(text).toContain("`on` or `off`; 1, 3, 5, 10, 15 or `smart`");
    expect(text).toContain("`openai` or `demo`");
    expect(world.settings.of(WORKSPACE)).toEqual({});
  });

  it.each([
    "/settings auto-refresh off",
    "!settings auto-refresh 1",
    "/Settings Auto-Refresh",
    "/settings model demo/x",
    "/settings switching anyone",
  ])("refuses %s to anybody but operators", async (text) => {
    const world = harness();
    expect(await world.say(text, { isOperator: false })).toContain("🔒 Only operators may use");
    expect(world.settings.of(WORKSPACE)).toEqual({});
  });

  it("says so when the store is down, and nothing is in force", async () => {
    const world = harness();
    world.store.breakDown();
    expect(await world.say("/settings auto-refresh off")).toContain("could not be saved");
    expect(world.settings.inForce(WORKSPACE).isEnabled).toBe(true);
  });

  it("suggests providers", () => {
    expect(harness().suggest("/settings auto-refresh", "provider", "de")).toEqual([{ label: "demo", value: "demo" }]);
  });
});

describe("/settings model", () => {
  it("sets, shows and drops the model of new conversations", async () => {
    const world = harness();
    expect(await world.say("/settings model")).toBe(
      "Model of new conversations: **openai/gpt-5** (the first provider's newest preferred model)",
    );
    expect(await world.say("/settings model demo-small")).toBe(
      "New conversations here now get **demo/demo-small** (this workspace's default). Conversations that have a model keep it.",
    );
    expect(world.settings.of(WORKSPACE)).toEqual({ model: "demo/demo-small" });
    expect(await world.say("/settings model")).toContain("**demo/demo-small** (this workspace's default)");
    expect(await world.say("/settings model Default")).toContain("New conversations get **openai/gpt-5**");
    expect(world.settings.of(WORKSPACE)).toEqual({});
  });

  it("goes before the host's, and back to it", async () => {
    const world = harness({ host: { defaultModel: { provider: "demo", model: "x" } } });
    expect(await world.say("/settings model")).toContain("**demo/x** (the host's default)");
    await world.say("/settings model gpt-5");
    expect(await world.say("/settings model")).toContain("**openai/gpt-5** (this workspace's default)");
  });

  it("accepts a model that is not listed, with a note", async () => {
    const world = harness();
    expect(await world.say("/settings model openai/o9")).toContain("`openai` does not list it");
    expect(world.settings.of(WORKSPACE)).toEqual({ model: "openai/o9" });
  });

  it("asks back what it cannot tell apart", async () => {
    const world = harness();
    const [choice] = await world.controls("/settings model mini");
    expect(choice).toEqual({ label: "openai/gpt-5-mini", command: "/settings model openai/gpt-5-mini" });
    expect(world.settings.of(WORKSPACE)).toEqual({});
  });

  it("says that a setting is skipped whose provider is no longer configured", async () => {
    const world = harness();
    await world.settings.change(WORKSPACE, () => ({ model: "gone/x" }));
    const text = await world.say("/settings model");
    expect(text).toContain("**openai/gpt-5** (the first provider's");
    expect(text).toContain("`gone/x` is skipped");
  });
});

describe("/settings switching", () => {
  it("shows and sets who may choose models", async () => {
    const world = harness();
    expect(await world.say("/settings switching")).toBe("Who may choose models: **anyone** (the default)");
    expect(await world.say("/settings switching Operators")).toBe(
      "Saved. Who may choose models: **operators** (set in this workspace)",
    );
    expect(await world.say("/settings switching who:everyone")).toContain("**anyone** (set in this workspace)");
    expect(await world.say("/settings switching nobody")).toContain("takes `anyone` or `operators`");
  });
});

describe("/settings show", () => {
  it("shows all that is in force and why, to everyone", async () => {
    const world = harness();
    await world.say("/settings auto-refresh off");
    await world.say("/settings auto-refresh openai on 1");
    await world.say("/settings switching operators");
    const [reply] = await world.replies("/settings show", { isOperator: false });
    expect(reply).toEqual({
      markdown: [
        "**Settings of this workspace**",
        "Auto-refresh: off (set in this workspace), every 5 minutes (the host's default)",
        "Auto-refresh of `openai`: on, every minute (this provider's own setting)",
        "",
        "Model of new conversations: **openai/gpt-5** (the first provider's newest preferred model)",
        "While a quota is used up: **ask** (the default), another model answers only after somebody agrees with the button under " +
          "an answer: the same family by another vendor, else one that is not more expensive.",
        "Who may choose models: **operators** (set in this workspace)",
        "Who may set a system prompt: **anyone** (the default)",
        "",
        "Who may chat: everyone",
        "Where: everywhere",
        "Guests: may chat",
        "Questions in 10 minutes: of one person 20 (the host's limit); in one channel no limit",
        "Budgets: **none** (the default)",
        "Footer under answers: off",
        "👍 and 👎 under answers: on",
        "Language: **English** (the default)",
      ].join("\n"),
    });
    expect(await world.controls("/settings show")).toHaveLength(2);
  });
});

describe("settings that can't be read", () => {
  it("mean operators only, which /settings show says, until one of them changes a setting", async () => {
    const world = harness();
    await world.store.values("settings").set("playground:local", { switching: "nobody", access: { who: ["u9"] } });
    await world.settings.load();
    const member = { isOperator: false };
    expect(await world.say("/models use gpt-5-mini", member)).toContain("Only operators");
    expect(await world.say("/chat export", member)).toContain("can't be read");
    expect(await world.say("/settings show", member)).toContain("⚠️ The saved settings of this workspace can't be read");
    expect(await world.say("/models use gpt-5-mini")).toContain("📌");
    await world.say("/settings footer on");
    expect(await world.say("/models use gpt-5", member)).toContain("📌");
    expect(await world.say("/settings show", member)).not.toContain("can't be read");
  });
});
