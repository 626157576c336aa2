import { afterEach, describe, expect, it } from "vitest";
import { type SlackWorld, startSlackWorldBy } from "./slack-support.js";

describe.each(["socket", "http"] as const)("doors of Slack besides mentions, by %s", (transport) => {
  let world: SlackWorld | undefined;
  afterEach(async () => {
    await world?.close();
    world = undefined;
  });
  const start = async (environment: Record<string, string> = {}) => {
    world = await startSlackWorldBy(transport, environment);
    await world.bot.tick();
    return world;
  };
  const isDone = (ts: string, channel = "C0GENERAL") => world?.slack.marksOf(channel, ts).includes("white_check_mark");
  const lastEphemeral = (user = "U0ADA") => world?.slack.workspace.ephemerals.findLast((one) => one.user === user);

  it("shows the panel as blocks, and again in its place with the outcome above it after a press", async () => {
    const { slack, until } = await start();
    await slack.slash("/models status");
    const panel = await until("the panel", () => slack.workspace.ephemerals[0]);
    expect(panel.blocks.map(({ type }) => type).slice(0, 3)).toEqual(["section", "divider", "section"]);
    expect(JSON.stringify(panel.blocks)).toContain("<!date^");
    const [row] = panel.blocks.filter((block) => block.type === "actions");
    const labels = row?.type === "actions" ? row.elements.map((one) => ("text" in one ? one.text.text : one.type)) : [];
    expect(labels).toEqual(["🔄 Refresh (auto-updated)", "Turn auto-refresh off", "static_select"]);
    await slack.press(panel, "Turn auto-refresh off");
    await until("the panel with what came of it", () => /off[\s\S]*✓ demo/.test(slack.ephemeralsOf("U0ADA")[0] ?? ""));
    expect(slack.ephemeralsOf("U0ADA")).toHaveLength(1);
    const changed = slack.workspace.ephemerals[0];
    if (changed === undefined) throw new Error("no panel");
    await slack.press(changed, "Turn auto-refresh on");
    await until("the panel again", () => JSON.stringify(slack.workspace.ephemerals).includes("Turn auto-refresh off"));
  });

  it("offers operators' controls to operators only, and the six intervals by their labels", async () => {
    const { slack, until } = await start();
    await slack.slash("/models status", { user: "U0BEN" });
    const panel = await until("the panel", () => lastEphemeral("U0BEN"));
    expect(JSON.stringify(panel.blocks)).not.toContain("static_select");
    await slack.slash("/models status");
    const own = await until("the panel", () => lastEphemeral());
    const options = JSON.stringify(own.blocks).match(/\d+ minutes? \([a-z ]+\)|smart \([a-z ]+\)/g);
    expect(options).toHaveLength(6);
  });

  it("shows the same panel on the Home tab: when it is opened, and when its reader presses something there", async () => {
    const { slack, until, clock, bot } = await start();
    await slack.openApp("U0ADA", "home");
    await until("the panel", () => slack.homeOf("U0ADA")?.includes("✓ Auto-refreshed - models up to date"));
    await bot.run(600_000);
    expect(slack.workspace.homes.get("U0ADA")?.published).toBe(1);
    const home = slack.workspace.homes.get("U0ADA");
    if (home === undefined) throw new Error("no home");
    await slack.press(home, "Turn auto-refresh off");
    await until("the outcome above the panel", () => /off[\s\S]*✓ demo/.test(slack.homeOf("U0ADA") ?? ""));
    await slack.openApp("U0BEN", "home");
    await until("Ben's panel", () => slack.homeOf("U0BEN")?.includes("✓ demo"));
    expect(JSON.stringify(slack.workspace.homes.get("U0BEN")?.blocks)).not.toContain("Turn auto-refresh");
    await clock.advance(1_000);
    expect(slack.unacknowledged).toEqual([]);
  });

  it("shows the Home tab also where direct messages are not served", async () => {
    const { slack, until } = await start({ ALLOW_DMS: "false" });
    await slack.openApp("U0ADA", "home");
    await until("the panel", () => slack.homeOf("U0ADA")?.includes("✓ demo"));
    const home = slack.workspace.homes.get("U0ADA");
    if (home === undefined) throw new Error("no home");
    await slack.press(home, "Turn auto-refresh off");
    await until("the outcome", () =>
      JSON.stringify(slack.workspace.homes.get("U0ADA")).includes("Turn auto-refresh on"),
    );
  });

  it("lets a model be chosen while one types, where a command asks for one", async () => {
    const { slack, until } = await start();
    await slack.slash("/models use");
    const asked = await until("the question", () => lastEphemeral());
    expect(await slack.suggest(asked, "Choose a model", "no such model")).toEqual([]);
    const offered = await slack.suggest(asked, "Choose a model", "");
    expect(offered.length).toBeGreaterThan(0);
    const [model = ""] = await slack.suggest(asked, "Choose a model", "demo");
    const name = /^\S+/.exec(model)?.[0];
    await slack.press(asked, `Choose a model: ${name}`);
    await until("the choice", () => slack.ephemeralsOf("U0ADA").some((text) => text.includes(`now uses **${name}**`)));
  });

  it("lets the model of a conversation be chosen on its panel, and of direct messages on the Home tab", async () => {
    const { slack, until } = await start();
    await slack.slash("/models status");
    const panel = await until("the panel", () => lastEphemeral());
    const [model = ""] = await slack.suggest(panel, "Model of this conversation", "demo");
    const name = /^\S+/.exec(model)?.[0];
    await slack.press(panel, `Model of this conversation: ${name}`);
    await until("the choice above the panel", () =>
      /now uses [\s\S]*✓ demo/.test(slack.ephemeralsOf("U0ADA")[0] ?? ""),
    );
    expect(slack.ephemeralsOf("U0ADA")).toHaveLength(1);

    await slack.openApp("U0ADA", "home");
    const home = await until("the Home tab", () => slack.workspace.homes.get("U0ADA"));
    await slack.press(home, `Model of this conversation: ${name}`);
    await until("the choice on the Home tab", () => /now uses [\s\S]*✓ demo/.test(slack.homeOf("U0ADA") ?? ""));
    await slack.dm("!models status");
    await until("a panel", () => slack.workspace.ephemerals.some(({ channel }) => channel === "D0ADA"));
  });

  it("runs shortcuts of a message in its conversation, and answers whoever chose one alone", async () => {
    const { slack, until } = await start();
    const ts = await slack.mention("Tell me about trees");
    await until("an answer", () => isDone(ts));
    await slack.shortcut("evergreen_stop", { channel: "C0GENERAL", ts }, "U0BEN");
    await until("the reply", () => slack.ephemeralsOf("U0BEN")[0]?.includes("No answer is being written"));
    await slack.shortcut("somebody_elses", { channel: "C0GENERAL", ts }, "U0BEN");
    expect(slack.ephemeralsOf("U0BEN")).toHaveLength(1);
    expect(slack.unacknowledged).toEqual([]);
  });

  it("answers again at Retry and with another model, and takes the served controls away", async () => {
    const { slack, until } = await start();
    const ts = await slack.mention("Tell me about trees");
    await until("an answer", () => isDone(ts));
    const [first] = slack.answers();
    if (first === undefined) throw new Error("no answer");
    await slack.press(first, "🔁 Retry");
    const second = await until(
      "another answer",
      () => slack.answers()[1]?.blocks.at(-1)?.type === "actions" && slack.answers()[1],
    );
    expect(slack.textsIn("C0GENERAL", ts)).toHaveLength(2);
    await until("no controls", () => first.blocks.every(({ type }) => type !== "actions"));
    const [model = ""] = await slack.suggest(second, "Answer again with…", "demo");
    await slack.press(second, `Answer again with…: ${/^\S+/.exec(model)?.[0]}`);
    await until("a third answer", () => slack.answers().length === 3);
    expect(slack.workspace.ephemerals).toEqual([]);
    expect(slack.unacknowledged).toEqual([]);
  });

  it("exports, forgets and answers again from the menu of a message", async () => {
    const { slack, until } = await start();
    const ts = await slack.mention("Tell me about trees");
    await until("an answer", () => isDone(ts));
    const on = { channel: "C0GENERAL", ts };
    await slack.shortcut("evergreen_export", on);
    await until("the word of it", () => slack.ephemeralsOf("U0ADA").some((text) => text.includes("direct messages")));
    const [file] = slack.workspace.files.values();
    expect(file?.channel).toBe("D0ADA");
    expect(file?.bytes?.toString()).toContain("Tell me about trees");
    await slack.shortcut("evergreen_retry", on);
    await until("another answer", () => slack.textsIn("C0GENERAL", ts).length === 2);
    await slack.shortcut("evergreen_forget", on, "U0BEN");
    await until("a refusal", () => slack.ephemeralsOf("U0BEN").some((text) => text.includes("🔒")));
    await slack.shortcut("evergreen_forget", on);
    await until("the word of it", () => slack.ephemeralsOf("U0ADA").some((text) => /forg|erase/i.test(text)));
  });

  it("answers mentions in group direct messages", async () => {
    const { slack, until } = await start();
    const ts = await slack.mention("hello all", { channel: "G0GROUP" });
    await until("an answer", () => isDone(ts, "G0GROUP"));
    await slack.say("not for the bot", { channel: "G0GROUP" });
    expect(slack.textsIn("G0GROUP", ts)).toHaveLength(1);
    expect(slack.answers()).toHaveLength(1);
  });

  it("gives strangers from shared channels no rights, whatever they are at home", async () => {
    const { slack, until } = await start();
    await slack.slash("/settings auto-refresh off", { user: "U0FAR" });
    await until("the refusal", () => slack.ephemeralsOf("U0FAR")[0]?.includes("🔒"));
  });
});
