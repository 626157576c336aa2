import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { demoOn } from "../../support/demo-on-discord.js";
import { type FakeDiscord, startFakeDiscord } from "../../support/fake-discord.js";
import { BOT_ID } from "../../support/fake-discord-world.js";
import { memoryStore } from "../../support/memory-store.js";
import { eventually } from "../../support/playground-client.js";
import { type Bot, startBot } from "../../support/start-bot.js";
import { temporaryFolder } from "../../support/temporary-folder.js";
import { answered, briskClock, jumpingClock, replied, stagePlatform } from "./discord-support.js";

/** Two processes with one token and one store, of different counts of shards: each is told of every event. */
let discord: FakeDiscord;
let bots: readonly Bot[];
const folder = temporaryFolder();

beforeAll(async () => {
  discord = await startFakeDiscord();
  bots = [];
  for (const shards of ["1", "2"])
    bots = [...bots, await startBot(folder.path, { ...demoOn(discord), DISCORD_SHARDS: shards }, briskClock)];
  await eventually("all sessions", () => discord.gateway.sessions().length === 3 || undefined);
});
afterAll(async () => {
  await Promise.all(bots.map((bot) => bot.stop(0)));
  await discord.close();
  folder.remove();
});

describe("two adapters with one Discord token and one store", () => {
  it("hand a reaction on once, and the same one again when it is put again later", async () => {
    const { clock, jump } = jumpingClock();
    const store = memoryStore(clock.now);
    const first = await stagePlatform({ store, fake: { identifyGapMs: 0 } });
    jump(6_000);
    const second = await stagePlatform({ beside: { discord: first.discord, store }, shards: 2 });
    const { general } = first.discord;
    const board = first.discord.world.addMessage(general, { authorId: BOT_ID, content: "board" });
    const people = Array.from({ length: 5 }, (_, index) => first.discord.person(`person ${index}`));
    const handedOn = () =>
      [...first.reactions, ...second.reactions].map(({ author, emoji }) => `${author.name} ${emoji}`);
    for (const person of people) {
      first.discord.react(general, person, board, "🔄");
      first.discord.react(general, person, board, "⏯️");
    }
    await eventually("all reactions", () => handedOn().length === 10 || undefined);
    await new Promise((resolve) => setTimeout(resolve, 300)); // for what must not come
    jump(6_000); // what tells one press from the next
    expect(new Set(handedOn()).size).toBe(10);
    expect(handedOn()).toHaveLength(10);
    first.discord.react(general, first.discord.person("person 0"), board, "🔄");
    await eventually("one more", () => handedOn().length === 11 || undefined);
    await second.close();
    await first.close();
  });
});

describe("several processes with one Discord token", () => {
  it("start their sessions in turns, so that none is refused", () => {
    expect(discord.gateway.counts.refusedIdentifies).toBe(0);
  });

  it("answer each message once", async () => {
    const ada = discord.person("ada");
    const channels = Array.from({ length: 10 }, (_, index) => discord.addChannel(`c${index}`));
    const asked = channels.map((channel) => discord.say(channel, ada, `hello ${channel.name}`, { naming: true }));
    for (const [index, channel] of channels.entries()) {
      const question = asked[index];
      if (question === undefined) throw new Error("not asked");
      expect(await answered(discord, channel, question)).toHaveLength(1);
      expect(discord.answers(channel)).toHaveLength(1);
    }
  });

  it("run each slash command, each typed one and each reaction once", async () => {
    const max = discord.person("max", { isManager: true });
    const shown = await replied(discord.slash(discord.general, max, "settings show"));
    expect(shown.texts).toHaveLength(1);
    discord.say(discord.general, max, "!help", { naming: true });
    await eventually("a line", () => discord.answers()[0]);
    await replied(discord.slash(discord.general, max, "models board"));
    const board = await eventually("a board", () => discord.answers().find((message) => message.reactions.size === 3));
    const isOn = async () => (await replied(discord.slash(discord.general, max, "settings show"))).content;
    const before = await isOn();
    discord.react(discord.general, max, board, "⏯️");
    const marks = () => board.reactionLog.filter((entry) => entry === "+✅").length;
    await eventually("its outcome", () => marks() === 1 || undefined);
    // An outcome stands for 5 s; another process's would come beside it.
    await eventually("its end", () => board.reactionLog.includes("-✅") || undefined);
    expect(marks()).toBe(1);
    expect(await isOn()).not.toBe(before);
    expect(discord.answers().filter(({ content }) => content.includes("slash command"))).toHaveLength(1);
    expect(discord.rest.faults).toEqual([]);
  });
});
