import { afterEach, beforeEach, expect, it } from "vitest";
import { playgroundClient } from "../support/playground-client.js";
import { type Bot, startBot, temporaryFolder } from "../support/start-bot.js";

const DAY_MS = 86_400_000;
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

it("erases a conversation that nobody touched for RETENTION_DAYS, and only that one", async () => {
  await ask("old", "I will be forgotten");
  await ask("young", "I stay");
  await bot.clock.advance(1.2 * DAY_MS);
  await ask("young", "still here");
  await bot.clock.advance(0.9 * DAY_MS);
  expect(await playgroundClient(bot.url, "old").messages()).toEqual([]);
  expect(await playgroundClient(bot.url, "young").messages()).toHaveLength(4);
  // The demo counts the questions that it is sent.
  expect(await ask("young", "how many")).toContain("number 3");
  expect(await ask("old", "how many")).toContain("number 1");
}, 60_000);
