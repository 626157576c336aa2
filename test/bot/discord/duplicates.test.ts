import { afterEach, describe, expect, it } from "vitest";
import type { FakeChannel, FakeMessage } from "../../support/fake-discord-world.js";
import { eventually } from "../../support/playground-client.js";
import { answered, connected, type DiscordStage, jumpingClock, replied, stageDiscord } from "./discord-support.js";

const EVENTS = process.env.SOAK ? 1_000 : 12;
const RESTARTS = process.env.SOAK ? 10 : 2;

let stage: DiscordStage;
afterEach(async () => {
  expect(stage.discord.rest.faults).toEqual([]);
  await stage.close();
});

describe("an event of Discord that comes twice", () => {
  it(
    `is answered once: ${EVENTS} questions over ${RESTARTS} restarts`,
    async () => {
      const { clock, jump } = jumpingClock();
      stage = await stageDiscord({ identifyGapMs: 0 }, {}, clock);
      const { discord } = stage;
      const ada = discord.person("ada");
      const perRound = EVENTS / RESTARTS;
      const channels = Array.from({ length: perRound }, (_, index) => discord.addChannel(`c${index}`));
      const asked: { channel: FakeChannel; question: FakeMessage }[] = [];
      for (let round = 0; round < RESTARTS; round++) {
        jump(6_000);
        if (round > 0) stage.bot = await stage.bot.restart(stage.environment);
        await eventually("a session", () => discord.gateway.counts.identifies === round + 1);
        await eventually("a connection", () => discord.gateway.connected());
        for (const { channel, question } of asked.slice(-perRound)) discord.repeat(channel, question, ada);
        for (const channel of channels) {
          asked.push({ channel, question: discord.say(channel, ada, `question ${round}`, { naming: true, times: 2 }) });
        }
        // Some are answered by now, the others are in the middle of it when the bot stops.
        await eventually("a beginning", () => asked.every(({ question }) => question.reactionLog.length > 0), 60_000);
      }
      for (const { channel, question } of asked) {
        expect(await answered(discord, channel, question, 60_000)).toHaveLength(1);
        expect(discord.marksOf(question)).toHaveLength(1);
      }
    },
    process.env.SOAK ? 600_000 : 120_000,
  );

  it("runs a slash command and a typed one once", async () => {
    stage = await stageDiscord();
    const { discord } = stage;
    await connected(discord);
    const ada = discord.person("ada");
    const twice = discord.slash(discord.general, ada, "models changes", [], 2);
    await replied(twice);
    discord.say(discord.general, ada, "!help", { naming: true, times: 3 });
    await eventually("a line", () => discord.answers()[0]);
    await replied(discord.slash(discord.general, ada, "help"));
    expect(twice.replies).toHaveLength(1);
    expect(twice.replies[0]?.texts).toHaveLength(1);
    expect(discord.answers()).toHaveLength(1);
  });
});
