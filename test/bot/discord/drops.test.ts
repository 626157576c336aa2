import { afterEach, describe, expect, it } from "vitest";
import type { FakeMessage } from "../../support/fake-discord-world.js";
import { eventually } from "../../support/playground-client.js";
import { answered, connected, type DiscordStage, stageDiscord } from "./discord-support.js";

const DROPS = process.env.SOAK ? 100 : 8;

let stage: DiscordStage;
afterEach(async () => {
  expect(stage.discord.rest.faults).toEqual([]);
  await stage.close();
});

/** How a connection ends for a while, in turns. */
const WAYS: readonly (() => void)[] = [
  () => stage.discord.gateway.drop(), // cut off
  () => stage.discord.gateway.drop(4000),
  () => stage.discord.gateway.sendRaw('{"op":7,"d":null}'),
  () => stage.discord.gateway.drop(1001),
  () => stage.discord.gateway.drop(4009),
  () => stage.discord.gateway.sendRaw('{"op":9,"d":true}'),
];

describe("a Discord connection that drops again and again", () => {
  it(
    `loses no question and answers none twice, over ${DROPS} drops`,
    async () => {
      stage = await stageDiscord();
      const { discord } = stage;
      await connected(discord);
      const ada = discord.person("ada");
      const asked: FakeMessage[] = [];
      for (let drop = 0; drop < DROPS; drop++) {
        const channel = discord.addChannel(`c${drop}`);
        // One just before, one while nobody listens, one as soon as somebody does.
        asked.push(discord.say(channel, ada, `before drop ${drop}`, { naming: true }));
        const { resumes } = discord.gateway.counts;
        WAYS[drop % WAYS.length]?.();
        asked.push(discord.say(discord.addChannel(`d${drop}`), ada, `during drop ${drop}`, { naming: true }));
        await eventually(`resume ${drop}`, () => discord.gateway.counts.resumes > resumes || undefined);
        asked.push(discord.say(discord.addChannel(`e${drop}`), ada, `after drop ${drop}`, { naming: true }));
      }
      for (const question of asked) {
        const channel = discord.world.channels.get(question.channelId);
        if (channel === undefined) throw new Error("no channel");
        expect(await answered(discord, channel, question, 60_000)).toHaveLength(1);
        expect(discord.answers(channel)).toHaveLength(1);
      }
      expect(discord.gateway.counts.identifies).toBe(1);
    },
    process.env.SOAK ? 600_000 : 60_000,
  );
});
