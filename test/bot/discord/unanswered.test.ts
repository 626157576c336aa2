import { afterEach, describe, expect, it } from "vitest";
import { eventually } from "../../support/playground-client.js";
import { answered, connected, type DiscordStage, stageDiscord } from "./discord-support.js";

let stage: DiscordStage;
afterEach(async () => {
  expect(stage.discord.rest.faults).toEqual([]);
  await stage.close();
});

describe("what is no question on Discord", { timeout: 60_000 }, () => {
  it("gets neither a mark nor an answer: system messages, bots, webhooks, and edits of what was answered", async () => {
    stage = await stageDiscord();
    const { discord } = stage;
    await connected(discord);
    const { general } = discord;
    const ada = discord.person("ada");
    const robot = discord.person("robot", { isBot: true });
    const first = discord.say(general, ada, "first", { naming: true });
    await answered(discord, general, first);
    discord.change(general, first, ada, `${first.content} again`);
    const quiet = [
      ...[1, 2, 6, 7, 8, 12, 18, 21, 22, 46].map((type) =>
        discord.say(general, ada, `of type ${type}`, { naming: true, extra: { type } }),
      ),
      discord.say(general, robot, "a bot", { naming: true }),
      discord.say(general, ada, "a webhook", { naming: true, extra: { webhook_id: "7" } }),
      discord.say(general, ada, "@everyone", { extra: { mention_everyone: true } }),
    ];
    const last = discord.say(general, ada, "last", { naming: true });
    await answered(discord, general, last);
    expect(discord.answers().map(({ replyTo }) => replyTo)).toEqual([first.id, last.id]);
    for (const message of quiet) expect(discord.marksOf(message)).toEqual([]);
  });

  it("costs a few calls each where the bot has lost the right to write, and no storm", async () => {
    stage = await stageDiscord();
    const { discord } = stage;
    await connected(discord);
    const ada = discord.person("ada");
    const closed = discord.addChannel("closed");
    await answered(discord, closed, discord.say(closed, ada, "open yet", { naming: true }));
    discord.forbid(closed, "send");
    const before = discord.rest.requests.length;
    const asked = Array.from({ length: 10 }, (_, index) => discord.say(closed, ada, `${index}`, { naming: true }));
    await eventually("every end", () => asked.every((one) => discord.marksOf(one).includes("❌")), 30_000);
    const posts = discord.rest.requests
      .slice(before)
      .filter(({ method, path }) => method === "POST" && path.endsWith(`/channels/${closed.id}/messages`));
    expect(posts.length).toBeLessThanOrEqual(asked.length * 3);
    await answered(discord, discord.general, discord.say(discord.general, ada, "elsewhere", { naming: true }));
  });
});
