import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../src/base/clock.js";
import { appOf } from "../bot/slack/slack-support.js";
import { type BotProcess, runProgram, startProcess } from "../support/bot-process.js";
import { type FakeDiscord, startFakeDiscord } from "../support/fake-discord.js";
import { APP_TOKEN, BOT_TOKEN, type FakeSlack, startFakeSlack } from "../support/fake-slack.js";
import { eventually, playgroundClient } from "../support/playground-client.js";
import { temporaryFolder } from "../support/temporary-folder.js";

/** Both platforms and the playground in one process: the built program against services on loopback. */
let folder: ReturnType<typeof temporaryFolder>;
let discord: FakeDiscord;
let slack: FakeSlack;
let bot: BotProcess | undefined;

beforeEach(async () => {
  folder = temporaryFolder();
  discord = await startFakeDiscord();
  slack = await startFakeSlack({ now: systemClock.now, ...appOf(false) });
});
afterEach(async () => {
  await bot?.end("SIGKILL");
  await Promise.all([discord.close(), slack.close()]);
  folder.remove();
});

const environment = (changed: Record<string, string> = {}) => ({
  DISCORD_TOKEN: discord.token,
  DISCORD_API_URL: discord.url,
  SLACK_BOT_TOKEN: BOT_TOKEN,
  SLACK_APP_TOKEN: APP_TOKEN,
  SLACK_API_URL: slack.apiUrl,
  PLAYGROUND: "on",
  DEMO_PROVIDER: "on",
  ...changed,
});

async function readiness(url: string): Promise<{ ready: boolean; problems: readonly string[] }> {
  return (await fetch(`${url}/readyz`)).json() as Promise<{ ready: boolean; problems: readonly string[] }>;
}
const askOnDiscord = async () => {
  const question = discord.say(discord.general, discord.person("Ada"), "hello from Discord", { naming: true });
  await eventually("✅ on Discord", () => discord.marksOf(question).includes("✅") || undefined);
  return discord.answers().at(-1)?.content ?? "";
};

describe("Discord, Slack and the playground in one process", () => {
  it("answers on all three", async () => {
    bot = await startProcess(folder.path, environment());
    const { url } = bot;
    await eventually("readiness", async () => (await readiness(url)).ready || undefined);
    expect(await askOnDiscord()).toContain("hello from Discord");
    await slack.mention("hello from Slack");
    await eventually("an answer on Slack", () => slack.answers().find(({ text }) => text.includes("hello from Slack")));
    expect((await playgroundClient(url).ask("hello from here")).answer.text).toContain("hello from here");
    expect(await bot.end("SIGTERM")).toBe(0);
    for (const secret of [discord.token, BOT_TOKEN, APP_TOKEN, "hello from"]) expect(bot.log()).not.toContain(secret);
  });

  it("goes on with the others where one token is wrong, and says which and where it is mended", async () => {
    const wrong = environment({ SLACK_BOT_TOKEN: "xoxb-wrong" });
    bot = await startProcess(folder.path, wrong);
    const { url } = bot;
    const problems = await eventually("the problem", async () => {
      const { problems } = await readiness(url);
      return problems.length === 1 && problems[0]?.includes("SLACK_BOT_TOKEN") ? problems : undefined;
    });
    expect(problems[0]).toContain("api.slack.com");
    expect(await askOnDiscord()).toContain("hello from Discord");
    expect((await playgroundClient(url).ask("hello from here")).question.marks).toEqual(["✅"]);
    expect(bot.log()).toContain("SLACK_BOT_TOKEN");

    const { code, stdout } = await runProgram(folder.path, ["doctor"], wrong);
    expect(stdout).toMatch(/^✓ discord: DISCORD_TOKEN is valid/m);
    expect(stdout).toMatch(/^✗ .*SLACK_BOT_TOKEN.*api\.slack\.com/m);
    expect(stdout).not.toContain("xoxb-wrong");
    expect(code).toBe(1);
  });

  it("does the same where Discord's token is wrong", async () => {
    const wrong = environment({ DISCORD_TOKEN: "MTIz.wrong.token" });
    bot = await startProcess(folder.path, wrong);
    const { url } = bot;
    const problems = await eventually("the problem", async () => {
      const { problems } = await readiness(url);
      return problems.length === 1 && problems[0]?.includes("DISCORD_TOKEN") ? problems : undefined;
    });
    expect(problems[0]).toContain("discord.com/developers");
    await slack.mention("hello from Slack");
    await eventually("an answer on Slack", () => slack.answers().find(({ text }) => text.includes("hello from Slack")));
    const { stdout } = await runProgram(folder.path, ["doctor"], wrong);
    expect(stdout).toMatch(/^✗ discord: .*DISCORD_TOKEN/m);
    expect(stdout).toMatch(/^✓ slack: SLACK_BOT_TOKEN is valid/m);
  });
});
