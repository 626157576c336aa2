import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../../support/playground-client.js";
import { answered, connected, type DiscordStage, jumpingClock, replied, stageDiscord } from "./discord-support.js";

const { clock, jump } = jumpingClock();
let stage: DiscordStage;
const person = (name: string, isManager = false) => stage.discord.person(name, { isManager });

beforeAll(async () => {
  stage = await stageDiscord({ identifyGapMs: 0 }, {}, clock);
  await connected(stage.discord);
});
afterAll(async () => {
  expect(stage.discord.rest.faults).toEqual([]);
  await stage.close();
});

describe("a mention on Discord", () => {
  it("is answered by a message that grows, and marked 👀 and then ✅", async () => {
    const { discord } = stage;
    const question = discord.say(discord.general, person("ada"), "what can you do?", { naming: true });
    const [answer, ...others] = await answered(discord, discord.general, question);
    expect(others).toEqual([]);
    expect(answer?.texts.length).toBeGreaterThan(1);
    expect(answer?.content).toContain("what can you do?");
    expect(answer?.content).not.toContain("<@");
    expect(question.reactionLog).toEqual(["+👀", "-👀", "+✅"]);
    expect(answer?.flags).toBe(4);
  });

  it("is answered in a thread as a conversation of its own, in a reply to the bot, and in a direct message", async () => {
    const { discord } = stage;
    const thread = discord.addThread(discord.general, "a thread");
    const inThread = discord.say(thread, person("ada"), "hello thread", { naming: true });
    expect(await answered(discord, thread, inThread)).toHaveLength(1);

    const [mine] = discord.answers();
    if (mine === undefined) throw new Error("no answer to reply to");
    const reply = discord.say(discord.general, person("ada"), "and more?", { replyTo: mine });
    expect(await answered(discord, discord.general, reply)).toHaveLength(1);

    const direct = discord.directChannel();
    const said = discord.say(direct, person("ada"), "hello in private");
    expect(await answered(discord, direct, said)).toHaveLength(1);
  });

  it("is left alone when it is not meant for the bot", async () => {
    const { discord } = stage;
    const silent = discord.addChannel("silent");
    discord.say(silent, person("ada"), "just talking");
    discord.say(silent, person("ada"), "@everyone hello");
    discord.say(silent, discord.person("robot", { isBot: true }), "hello", { naming: true });
    const last = discord.say(silent, person("ada"), "now you", { naming: true });
    await answered(discord, silent, last);
    expect(discord.answers(silent)).toHaveLength(1);
  });
});

describe("a slash command on Discord", () => {
  it("answers ephemerally, acknowledged at once", async () => {
    const { discord } = stage;
    const interaction = discord.slash(discord.general, person("ada"), "help");
    const reply = await replied(interaction);
    expect(reply.isEphemeral).toBe(true);
    expect(reply.content).toContain("/models status");
    expect((interaction.acknowledgedAt ?? Number.NaN) - interaction.askedAt).toBeLessThan(1_000);
  });

  it("/refresh-models shows that it runs, and then every provider's outcome", async () => {
    const { discord } = stage;
    const reply = await replied(discord.slash(discord.general, person("ada"), "refresh-models"), (text) =>
      text.includes("demo:"),
    );
    expect(reply.texts[0]).toBe("🔄 Background refresh in progress...");
    expect(reply.isEphemeral).toBe(true);
  });

  it("/models use suggests models and pins the channel", async () => {
    const { discord } = stage;
    const suggested = discord.autocomplete(discord.general, person("ada"), "models use", [
      { type: 3, name: "model", value: "demo", focused: true },
    ]);
    const choices = await eventually("choices", () => suggested.choices);
    expect(choices.length).toBeGreaterThan(0);
    const [choice] = choices;
    const used = discord.slash(discord.general, person("ada"), "models use", [
      { type: 3, name: "model", value: choice?.value },
    ]);
    expect((await replied(used)).content).toContain(choice?.value ?? "nothing");
  });

  it("gives a panel whose button runs its command", async () => {
    const { discord } = stage;
    const panel = await replied(discord.slash(discord.general, person("ada"), "models status"));
    const label = panel.components
      .flatMap((row) => row.components)
      .find(({ label: text }) => text?.includes("🔄"))?.label;
    expect(panel.flags & (1 << 15)).not.toBe(0);
    expect(panel.content).toMatch(/Last refresh: <t:\d+:R>/);
    const pressed = discord.press(discord.general, person("ada"), panel, label ?? "none");
    // In place: what came of it stands above the panel, which is as it is by then.
    await eventually("an outcome", () => /✓ demo: [\s\S]*Last refresh: <t:/.test(panel.content) || undefined);
    expect(panel.texts.some((text) => text.startsWith("🔄 Background refresh in progress..."))).toBe(true);
    expect(pressed.replies).toEqual([]);
    expect(panel.components.length).toBeGreaterThan(0);
  });

  it("tells of a control that nobody knows any more", async () => {
    const { discord } = stage;
    const panel = await replied(discord.slash(discord.general, person("ada"), "models status"));
    const reply = await replied(discord.pressId(discord.general, person("ada"), panel, `cmd:${"0".repeat(32)}`));
    expect(reply.isEphemeral).toBe(true);
    expect(reply.content).toContain("no longer valid");
  });

  it("is registered once, and again only when it has changed", async () => {
    const { discord, environment } = stage;
    expect(discord.commands.puts).toBe(1);
    jump(6_000);
    stage.bot = await stage.bot.restart(environment);
    await eventually(
      "the second comparison",
      () =>
        discord.rest.requests.filter(({ method, path }) => method === "GET" && path.endsWith("/commands")).length === 2,
    );
    expect(discord.commands.puts).toBe(1);
    discord.commands.list = discord.commands.list.slice(1);
    jump(6_000);
    stage.bot = await stage.bot.restart(environment);
    await eventually("a new registration", () => discord.commands.puts === 2);
  });
});

describe("a command typed behind a mention on Discord", () => {
  it("gets one line that names the slash command, and is not run", async () => {
    const { discord } = stage;
    const channel = discord.addChannel("typed");
    discord.say(channel, person("ada"), "!settings auto-refresh off", { naming: true });
    const answer = await eventually("a line", () => discord.answers(channel)[0]);
    expect(answer.content).toContain("`/settings auto-refresh`");
    expect(answer.content).not.toContain("\n");
  });

  it("runs in a direct message", async () => {
    const { discord } = stage;
    const direct = discord.directChannel("typed");
    discord.say(direct, person("ada"), "!models status");
    const answer = await eventually("a panel", () => discord.answers(direct)[0]);
    expect(answer.content).toContain("demo");
  });
});

describe("start-up on Discord", () => {
  it("logs a link that invites the bot", () => {
    expect(stage.bot.log.join("")).toContain("https://discord.com/oauth2/authorize?client_id=900000000000000002");
  });
});
