import { afterEach, beforeEach, expect, it } from "vitest";
import { playgroundClient } from "../support/playground-client.js";
import { type Bot, startBot } from "../support/start-bot.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
let folder: ReturnType<typeof temporaryFolder>;
let bot: Bot;

beforeEach(async () => {
  folder = temporaryFolder();
  bot = await startBot(folder.path, { RETENTION_DAYS: "1", AUTO_REFRESH: "off" });
});
afterEach(async () => {
  await bot.stop(0);
  folder.remove();
});

/** Asks, turning the clock for the demo's pauses between words. */
async function ask(channel: string, text: string) {
  const client = playgroundClient(bot.url, channel);
  await client.say(text);
  await bot.clock.advance(30_000);
  return (await client.messages()).at(-1)?.text ?? "";
}

const STEP_MS = 10 * MINUTE_MS;
/** Turns the clock to each tenth minute of the hour, where the rounds of the bot, which started at noon, are due. */
async function pass(days: number) {
  const { clock } = bot;
  for (const end = clock.now() + days * DAY_MS; clock.now() < end; )
    await clock.leap(STEP_MS - (clock.now() % STEP_MS));
}

it("erases a conversation that nobody touched for RETENTION_DAYS, and only that one", async () => {
  await ask("old", "I will be forgotten");
  await ask("young", "I stay");
  await pass(1.2);
  await ask("young", "still here");
  await pass(0.9);
  expect(await playgroundClient(bot.url, "old").messages()).toEqual([]);
  expect(await playgroundClient(bot.url, "young").messages()).toHaveLength(4);
  // The demo counts the questions that it is sent.
  expect(await ask("young", "how many")).toContain("number 3");
  expect(await ask("old", "how many")).toContain("number 1");
});
