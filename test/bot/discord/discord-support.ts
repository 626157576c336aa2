import { systemClock } from "../../../src/clock.js";
import type { FakeClock } from "../../support/fake-clock.js";
import { type FakeDiscord, type FakeDiscordOptions, startFakeDiscord } from "../../support/fake-discord.js";
import type { FakeInteraction } from "../../support/fake-discord-interactions.js";
import type { FakeChannel, FakeMessage } from "../../support/fake-discord-world.js";
import { eventually } from "../../support/playground-client.js";
import { type Bot, startBot, temporaryFolder } from "../../support/start-bot.js";

/** The machine's clock, where a test waits for real sockets anyway. */
export const realClock: FakeClock = {
  ...systemClock,
  advance: (ms) => systemClock.sleep(ms),
  sleepers: () => 0,
};

/** The same, with the short pauses of streaming and pacing made shorter still; deadlines stay. */
export const briskClock: FakeClock = {
  ...realClock,
  sleep: (ms, signal) => systemClock.sleep(ms <= 1_000 ? ms / 5 : ms, signal),
};

export interface DiscordStage {
  readonly discord: FakeDiscord;
  readonly environment: Record<string, string>;
  /** Set by `start`, and by tests that restart it. */
  bot: Bot;
  close(): Promise<void>;
}

/** The whole bot with the real discord.js, against a Discord on loopback. */
export async function stageDiscord(
  options: FakeDiscordOptions = {},
  environment: Record<string, string> = {},
  clock = briskClock,
): Promise<DiscordStage> {
  const folder = temporaryFolder();
  const discord = await startFakeDiscord(options);
  const all = {
    DISCORD_TOKEN: discord.token,
    DISCORD_API_URL: discord.url,
    DEMO_PROVIDER: "on",
    USER_MESSAGES_PER_10_MIN: "0",
    CHANNEL_MESSAGES_PER_10_MIN: "0",
    PROVIDER_CONCURRENCY: "0",
    ...environment,
  };
  const stage: DiscordStage = {
    discord,
    environment: all,
    bot: await startBot(folder.path, all, clock),
    async close() {
      await stage.bot.stop(0);
      await discord.close();
      folder.remove();
    },
  };
  return stage;
}

/** Waits until the bot is connected and has registered its commands. */
export const connected = (discord: FakeDiscord) =>
  eventually("a connection with commands", () => discord.gateway.connected() && discord.commands.list.length > 0);

const END_MARKS = ["✅", "⚠️", "❌"];

/** Waits for a question's end mark and gives all that the bot wrote below it. */
export async function answered(discord: FakeDiscord, channel: FakeChannel, question: FakeMessage, timeoutMs = 15_000) {
  await eventually(
    `an end to ${question.content}`,
    () => discord.marksOf(question).some((mark) => END_MARKS.includes(mark)),
    timeoutMs,
  );
  return discord.answers(channel).filter(({ replyTo }) => replyTo === question.id);
}

/** Waits for a reply that satisfies, and gives it. */
export const replied = (interaction: FakeInteraction, isLast: (text: string) => boolean = (text) => text !== "") =>
  eventually("a reply", () => interaction.replies.find(({ content }) => isLast(content)));

export const readiness = async (bot: Bot) =>
  (await fetch(`${bot.url}/readyz`)).json() as Promise<{ problems: string[] }>;
