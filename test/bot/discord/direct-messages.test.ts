import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GUILD_ID } from "../../support/fake-discord-world.js";
import { eventually } from "../../support/playground-client.js";
import { answered, connected, type DiscordStage, replied, stageDiscord } from "./discord-support.js";

let stage: DiscordStage;

beforeAll(async () => {
  stage = await stageDiscord({}, { ALLOWED_WORKSPACES: `${GUILD_ID},T0ELSEWHERE` });
  await connected(stage.discord);
});
afterAll(async () => {
  expect(stage.discord.rest.faults).toEqual([]);
  await stage.close();
});

describe("direct messages on Discord with ALLOWED_WORKSPACES", () => {
  it("are answered to members of a server that is named, and to nobody else", async () => {
    const { discord } = stage;
    const [eve, mia] = [discord.person("eve"), discord.person("mia")];
    discord.world.strangers.add(eve.id);
    const [hers, members] = [discord.directChannel("eve"), discord.directChannel("mia")];
    const ignored = discord.say(hers, eve, "hello?");
    const typed = discord.say(hers, eve, "!usage");
    const taken = discord.say(members, mia, "hello!");
    expect((await answered(discord, members, taken)).map(({ content }) => content).join("")).toContain("demo");
    await eventually("a refusal", () => discord.answers(hers).some(({ replyTo }) => replyTo === typed.id));
    expect(discord.answers(hers).map(({ content }) => content)).toEqual([
      expect.stringContaining("🔒 I answer direct messages only from people"),
    ]);
    expect(discord.marksOf(ignored)).toEqual([]);
    const slash = await replied(discord.slash(hers, eve, "chat export"));
    expect(slash.content).toContain("🔒 I answer direct messages only from people");
    expect((await replied(discord.slash(hers, eve, "help"))).content).toContain("/models list");
  });

  it("are refused for now, with ❌, while Discord doesn't say", async () => {
    const { discord } = stage;
    const [zoe, channel] = [discord.person("zoe"), discord.directChannel("zoe")];
    discord.rest.failNext(/\/members\//, 500);
    const asked = discord.say(channel, zoe, "are you there?");
    const [told] = await answered(discord, channel, asked);
    expect(told?.content).toMatch(/could not check.*try again/);
    expect(discord.marksOf(asked)).toEqual(["❌"]);
    const again = discord.say(channel, zoe, "and now?");
    expect((await answered(discord, channel, again)).map(({ content }) => content).join("")).toContain("demo");

    // What others asked in theirs is nothing for her to see.
    for (const options of [[], [{ type: 3, name: "by", value: "user" }]]) {
      const used = await replied(discord.slash(channel, zoe, "usage", options));
      expect(used.content).toContain("1 question");
      expect(used.content).not.toContain("mia");
    }
  });
});
