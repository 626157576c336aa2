import { afterEach, expect, it } from "vitest";
import { eventually, playgroundClient } from "../support/playground-client.js";
import { type Bot, startBot } from "../support/start-bot.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const folder = temporaryFolder();
let bot: Bot;
afterEach(async () => {
  const stopped = bot.stop(0);
  await bot.clock.advance(30_000); // the last answer is still being given
  await stopped;
  folder.remove();
});

it("a deleted channel takes its pin and its turns along, and one of the same name begins anew", async () => {
  bot = await startBot(folder.path);
  await bot.run(10_000);
  const { command, say, messages } = playgroundClient(bot.url, "plans");
  const model = async () => (await fetch(`${bot.url}/api/channels/plans/model`)).json();
  await command("/models use demo/evergreen-classic");
  expect(await model()).toMatchObject({ model: expect.stringContaining("demo/"), pin: { by: "you" } });
  const id = await say("a secret plan");
  await eventually("an end", async () => {
    await bot.clock.advance(1_000);
    return (await messages()).find((each) => each.id === id)?.marks.includes("✅") || undefined;
  });
  expect((await fetch(`${bot.url}/api/channels/plans`, { method: "DELETE" })).status).toBe(204);
  expect(await model()).toMatchObject({ pin: null });
  expect(await messages()).toEqual([]);
  await say("again");
  expect(await messages()).toHaveLength(1);
});
