import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { FakeChannel, FakeMessage } from "../../support/fake-discord-world.js";
import { FAKE_OPENAI_KEY, type FakeOpenAi, startFakeOpenAi } from "../../support/fake-openai.js";
import { eventually } from "../../support/playground-client.js";
import { connected, type DiscordStage, realClock, stageDiscord } from "./discord-support.js";

let stage: DiscordStage;
let openai: FakeOpenAi;
beforeEach(async () => {
  openai = await startFakeOpenAi({ models: ["gpt-5"] });
  const environment = { OPENAI_API_KEY: FAKE_OPENAI_KEY, OPENAI_BASE_URL: openai.url };
  stage = await stageDiscord({}, environment, realClock);
  await connected(stage.discord);
});
afterEach(async () => {
  expect(stage.discord.rest.faults).toEqual([]);
  await stage.close();
  await openai.close();
});

/** An answer in the middle of its growth, of which nothing more comes unless the test says so. */
async function growing(channel: FakeChannel) {
  const { discord } = stage;
  discord.say(channel, discord.person("ada"), "tell me", { naming: true });
  const stream = await openai.nextStream();
  stream.send("The beginning ");
  const answer = await eventually("its first text", () => discord.answers(channel)[0]);
  return { stream, answer };
}
const general = () => stage.discord.general;

describe("an answer on Discord whose place goes away while it grows", () => {
  const ways: readonly [string, (answer: FakeMessage, channel: FakeChannel) => void, boolean][] = [
    ["its message is deleted", (answer) => stage.discord.deleteMessage(answer, true), false],
    ["its channel is deleted", (_answer, channel) => stage.discord.deleteChannel(channel), false],
    ["its thread is deleted", (_answer, channel) => stage.discord.deleteChannel(channel), true],
    ["the bot may not see the channel any more", (_answer, channel) => stage.discord.forbid(channel, "view"), false],
    [
      "the bot is taken out of the server",
      (_answer, channel) => {
        stage.discord.world.channels.delete(channel.id);
        stage.discord.gateway.dispatch("GUILD_DELETE", { id: "900000000000000003" });
      },
      false,
    ],
    [
      "messages are deleted in bulk",
      ({ id, channelId }) => {
        general().messages.delete(id);
        stage.discord.gateway.dispatch("MESSAGE_DELETE_BULK", { ids: [id], channel_id: channelId });
      },
      false,
    ],
  ];
  it.each(ways)(
    "ends the provider's stream without waiting for its next word, when %s",
    async (_how, take, isThread) => {
      const channel = isThread ? stage.discord.addThread(general(), "a thread") : general();
      const { stream, answer } = await growing(channel);
      take(answer, channel);
      await stream.closed;
      const calls = stage.discord.rest.requests.length;
      await new Promise((resolve) => setTimeout(resolve, 300));
      const late = stage.discord.rest.requests.slice(calls).filter(({ path }) => path.includes(answer.id));
      expect(late).toEqual([]);
    },
  );

  it("ends at its next edit, where Discord did not tell", async () => {
    const { stream, answer } = await growing(general());
    stage.discord.deleteMessage(answer);
    stream.send("goes on");
    await stream.closed;
  });

  it("goes on when another message is deleted, or a server is not available for a while", async () => {
    const { discord } = stage;
    const { stream, answer } = await growing(general());
    discord.deleteMessage(discord.say(general(), discord.person("bob"), "something else"), true);
    discord.gateway.dispatch("GUILD_DELETE", { id: "900000000000000003", unavailable: true });
    discord.gateway.dispatch("CHANNEL_UPDATE", { id: general().id, type: 0, guild_id: "900000000000000003" });
    stream.send("and its end.");
    stream.finish();
    await eventually("its end", () => answer.content === "The beginning and its end." || undefined);
  });
});
