import { afterEach, describe, expect, it } from "vitest";
import { MESSAGE_CONTENT_INTENT, startFakeDiscord } from "../../support/fake-discord.js";
import { eventually, playgroundClient } from "../../support/playground-client.js";
import { startBot } from "../../support/start-bot.js";
import { temporaryFolder } from "../../support/temporary-folder.js";
import {
  answered,
  briskClock,
  connected,
  type DiscordStage,
  jumpingClock,
  readiness,
  replied,
  stageDiscord,
} from "./discord-support.js";

let stage: DiscordStage;
afterEach(async () => {
  expect(stage.discord.rest.faults).toEqual([]);
  await stage.close();
});
const ada = () => stage.discord.person("ada");

describe("a Discord that refuses the bot", () => {
  it("names DISCORD_TOKEN when REST refuses the token, asks no second time, and lets the playground run", async () => {
    stage = await stageDiscord(
      { token: "another.token.altogether" },
      { DISCORD_TOKEN: "wrong.token.here", PLAYGROUND: "on" },
    );
    const problem = await eventually("a refusal", async () =>
      (await readiness(stage.bot)).problems.find((text) => text.includes("DISCORD_TOKEN")),
    );
    expect(problem).toContain("https://discord.com/developers/applications");
    expect(problem).not.toContain("wrong.token.here");
    expect(stage.bot.log.join("")).not.toContain("wrong.token.here");
    const { answer } = await playgroundClient(stage.bot.url).ask("hello");
    expect(answer.text).toContain("hello");
    expect(stage.discord.rest.unauthorized()).toBe(1);
  });

  it("names the intent and where to allow it, and does not identify again", async () => {
    stage = await stageDiscord({}, { FOLLOW_THREADS: "true" });
    const problem = await eventually("a refusal", async () =>
      (await readiness(stage.bot)).problems.find((text) => text.includes("Message Content")),
    );
    expect(problem).toContain("FOLLOW_THREADS");
    await new Promise((resolve) => setTimeout(resolve, 800));
    expect(stage.discord.gateway.counts.identifies).toBe(1);
  });

  it("is told when it ends a running connection for good", async () => {
    stage = await stageDiscord();
    await connected(stage.discord);
    expect((await readiness(stage.bot)).problems).toEqual([]);
    stage.discord.gateway.drop(4004);
    await eventually("a refusal", async () =>
      (await readiness(stage.bot)).problems.find((text) => text.includes("DISCORD_TOKEN")),
    );
    await new Promise((resolve) => setTimeout(resolve, 800));
    expect(stage.discord.gateway.counts).toMatchObject({ identifies: 1, resumes: 0 });
  });
});

describe("a Discord connection that drops", () => {
  it.each([
    ["is cut off", undefined],
    ["is closed with 4000", 4000],
  ])("resumes when it %s, and loses nothing that was said meanwhile", async (_how, code) => {
    stage = await stageDiscord();
    const { discord } = stage;
    await connected(discord);
    discord.gateway.drop(code);
    const question = discord.say(discord.general, ada(), "did you hear me?", { naming: true });
    await answered(discord, discord.general, question);
    expect(discord.answers()).toHaveLength(1);
    expect(discord.gateway.counts).toMatchObject({ identifies: 1, resumes: 1 });
    expect((await readiness(stage.bot)).problems).toEqual([]);
  });

  it("resumes when Discord asks for it (op 7), and begins a session when that is refused (op 9)", async () => {
    stage = await stageDiscord();
    const { discord } = stage;
    await connected(discord);
    discord.gateway.sendRaw('{"op":7,"d":null}');
    await eventually("a resume", () => discord.gateway.counts.resumes === 1);
    discord.gateway.refuseResume(true);
    discord.gateway.forgetSessions();
    discord.gateway.sendRaw('{"op":7,"d":null}');
    await eventually("a refused resume", () => discord.gateway.counts.resumes === 2);
    // Discord takes one session in five seconds.
    await eventually("a session", () => discord.gateway.counts.identifies === 2);
    await eventually("a connection", () => discord.gateway.connected());
    await answered(discord, discord.general, discord.say(discord.general, ada(), "hello again", { naming: true }));
  });

  it("begins the first new session at once, and the next one after the pause that keeps a storm away", async () => {
    const { clock, jump } = jumpingClock();
    stage = await stageDiscord({ identifyGapMs: 0 }, {}, clock);
    const { discord } = stage;
    await connected(discord);
    discord.gateway.refuseResume(true);
    const lose = () => {
      jump(6_000);
      discord.gateway.drop();
      discord.gateway.forgetSessions();
    };
    const paused = () => stage.bot.log.filter((line) => line.includes('"pauseMs":5000')).length;
    lose();
    await eventually("a session", () => discord.gateway.counts.identifies === 2 && discord.gateway.connected());
    await answered(discord, discord.general, discord.say(discord.general, ada(), "hello", { naming: true }));
    expect(paused()).toBe(0);
    lose();
    await eventually("a pause", () => paused() === 1);
    expect(discord.gateway.counts.identifies).toBe(2);
  });

  it("notices a dead connection by the missing answer to its heartbeat", async () => {
    stage = await stageDiscord({ heartbeatMs: 300 });
    const { discord } = stage;
    await connected(discord);
    discord.gateway.ignoreHeartbeats(true);
    await eventually("a resume", () => discord.gateway.counts.resumes >= 1);
    discord.gateway.ignoreHeartbeats(false);
    await answered(discord, discord.general, discord.say(discord.general, ada(), "alive?", { naming: true }));
  });
});

describe("the first moments on Discord", () => {
  it("bring an answer to a mention that comes before the first server", async () => {
    stage = await stageDiscord({ backlog: "am I too early?" });
    const { discord } = stage;
    await connected(discord);
    await eventually(
      "an answer",
      () => discord.answers().some(({ content }) => content.includes("am I too early?")) || undefined,
    );
  });

  it("bring the slash commands also where Discord fails at first", async () => {
    const discord = await startFakeDiscord();
    discord.rest.failNext(/^GET \/applications\/\d+\/commands$/, 503, 0, 2);
    const folder = temporaryFolder();
    const clock = { ...briskClock, sleep: (ms: number, signal?: AbortSignal) => briskClock.sleep(ms / 20, signal) };
    const environment = { DISCORD_TOKEN: discord.token, DISCORD_API_URL: `${discord.url}/v10/` };
    const bot = await startBot(folder.path, environment, clock);
    const close = async () => {
      await bot.stop(0);
      await discord.close();
      folder.remove();
    };
    stage = { discord, environment, bot, close };
    await connected(discord);
    expect(discord.commands.list.length).toBeGreaterThan(0);
  });
});

describe("a followed thread on Discord", () => {
  it("is answered without a mention where the bot takes part", async () => {
    stage = await stageDiscord({ allowedPrivileged: MESSAGE_CONTENT_INTENT }, { FOLLOW_THREADS: "true" });
    const { discord } = stage;
    await connected(discord);
    const thread = discord.addThread(discord.general, "followed");
    await answered(discord, thread, discord.say(thread, ada(), "a mention", { naming: true }));
    await answered(discord, thread, discord.say(thread, ada(), "no mention at all"));
    const joined = discord.addThread(discord.general, "only joined");
    discord.joinThread(joined);
    discord.say(joined, ada(), "a talk among people");
    const other = discord.addThread(discord.general, "other");
    discord.say(other, ada(), "nor here");
    const reply = await replied(discord.slash(other, ada(), "help"));
    expect(reply.isEphemeral).toBe(true);
    expect([...discord.answers(other), ...discord.answers(joined)]).toEqual([]);
  });
});
