import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../../support/playground-client.js";
import { connected, type DiscordStage, replied, stageDiscord } from "./discord-support.js";

let stage: DiscordStage;
const member = () => stage.discord.person("mia");
const manager = () => stage.discord.person("max", { isManager: true });
const off = [{ type: 5, name: "enabled", value: false }];

beforeAll(async () => {
  stage = await stageDiscord();
  await connected(stage.discord);
});
afterAll(async () => {
  expect(stage.discord.rest.faults).toEqual([]);
  await stage.close();
});

const settings = async () =>
  (await replied(stage.discord.slash(stage.discord.general, member(), "settings show"))).content;

describe("who may change settings on Discord", () => {
  it("is nobody without Manage Server, by slash command, typed, in a direct message, or with another's control", async () => {
    const { discord } = stage;
    const before = await settings();
    const refused = await replied(discord.slash(discord.general, member(), "settings auto-refresh", off));
    expect(refused.content).toContain("🔒");

    discord.say(discord.general, member(), "!settings auto-refresh off", { naming: true });
    await eventually("a line", () => discord.answers().some(({ content }) => content.includes("Nothing was run")));

    const direct = discord.directChannel("mia");
    discord.say(direct, member(), "!settings auto-refresh off");
    await eventually("a refusal", () => discord.answers(direct).some(({ content }) => content.includes("🔒")));

    const panel = await replied(discord.slash(discord.general, manager(), "models status"));
    const menu = panel.components.flatMap((row) => row.components).find(({ type }) => type === 3);
    const entry = menu?.options?.find(({ label }) => label.includes("15 minutes"))?.label ?? "none";
    discord.press(discord.general, member(), panel, entry);
    await eventually("a refusal on the panel", () => panel.content.includes("🔒") || undefined);
    expect(await settings()).toBe(before);
  });

  it("is a member with Manage Server, by slash command and by the panel's menu", async () => {
    const { discord } = stage;
    const before = await settings();
    const changed = await replied(discord.slash(discord.general, manager(), "settings auto-refresh", off));
    expect(changed.content).not.toContain("🔒");
    expect(await settings()).not.toBe(before);
    await replied(
      discord.slash(discord.general, manager(), "settings auto-refresh", [
        { type: 5, name: "enabled", value: true },
        { type: 3, name: "interval", value: "10" },
      ]),
    );
    expect(await settings()).toContain("10 minutes");
    const panel = await replied(discord.slash(discord.general, manager(), "models status"));
    const labels = panel.components.flatMap((row) => row.components.flatMap(({ options = [] }) => options));
    expect(labels.map(({ label }) => label)).toEqual([
      "1 minute (testing)",
      "3 minutes (active use)",
      "5 minutes (default)",
      "10 minutes (light use)",
      "15 minutes (minimal use)",
      "smart (adapts to use)",
    ]);
    discord.press(discord.general, manager(), panel, "15 minutes (minimal use)");
    await eventually("an answer on the panel", () => panel.content.startsWith("Saved.") || undefined);
    expect(await settings()).toContain("15 minutes");
  });
});

describe("the board on Discord", () => {
  it("is posted with its reactions, and a manager's reaction does what it stands for", async () => {
    const { discord } = stage;
    const channel = discord.addChannel("board");
    await replied(discord.slash(channel, manager(), "models board"));
    const board = await eventually("a board", () => discord.answers(channel)[0]);
    await eventually("its reactions", () => ["🔄", "⏯️", "⏱️"].every((emoji) => board.reactions.has(emoji)));
    const before = await settings();

    discord.react(channel, member(), board, "⏯️");
    await eventually("❌", () => board.reactionLog.includes("+❌"));
    expect(await settings()).toBe(before);
    // Discord shows nothing to one person alone here, so nobody gets a message.
    expect(discord.answers(channel)).toHaveLength(1);
    expect(board.content).toContain("❌ means that your reaction was refused");

    // Whose message it is may be left out.
    discord.react(channel, manager(), board, "⏯️", { message_author_id: undefined });
    await eventually("✅", () => board.reactionLog.includes("+✅"));
    expect(await settings()).not.toBe(before);
    // Taking people's reactions away needs a permission that the bot does not ask for.
    expect(board.reactions.get("⏯️")?.has(manager().id)).toBe(true);
  });

  it("takes a person's reaction away where the server lets it", async () => {
    const { discord } = stage;
    discord.setModerator(true);
    const [board] = discord.answers([...discord.world.channels.values()].find(({ name }) => name === "board"));
    if (board === undefined) throw new Error("no board");
    const channel = discord.world.channels.get(board.channelId);
    if (channel === undefined) throw new Error("no channel");
    discord.react(channel, member(), board, "🔄");
    await eventually("its end", () => board.reactions.get("🔄")?.has(member().id) === false);
  });
});
