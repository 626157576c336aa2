import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createTurns } from "../../../deploy/discord-proxy/turns.mjs";
import { createRest, type DiscordRest } from "../../../src/bot/discord/send/rest.js";
import type { DiscordAnswer } from "../../../src/bot/discord/wire/answer.js";
import { type DiscordProxy, runDiscordProxy, startDiscordProxy } from "../../support/discord-proxy.js";
import { fakeClock } from "../../support/fake-clock.js";
import { type FakeDiscord, startFakeDiscord } from "../../support/fake-discord.js";
import { startBot } from "../../support/start-bot.js";
import { temporaryFolder } from "../../support/temporary-folder.js";
import { answered, briskClock, connected, realClock, replied } from "./discord-support.js";

let discord: FakeDiscord;
let proxy: DiscordProxy;
beforeAll(async () => {
  discord = await startFakeDiscord({
    messages: { limit: 5, windowMs: 5_000 },
    reactions: { limit: 1, windowMs: 250 },
    global: { limit: 50, windowMs: 1_000 },
  });
  proxy = await startDiscordProxy(discord.url);
});
afterAll(async () => {
  await proxy.stop();
  await discord.close();
});

let answers: (DiscordAnswer | undefined)[] = [];
afterEach(() => {
  answers = [];
});
const restOf = ({ token } = discord): DiscordRest =>
  createRest({
    token,
    apiUrl: proxy.url,
    clock: realClock,
    onAnswer: (_method, _path, answer) => void answers.push(answer),
  });

const post = (rest: DiscordRest, channel: string, signal?: AbortSignal) =>
  rest.call("POST", `/channels/${channel}/messages`, {
    what: "posting a message",
    body: { content: "hello" },
    ...(signal !== undefined && { signal }),
  });
const refusals = () => discord.rest.requests.filter(({ status }) => status === 429);

describe("the proxy of deploy/discord-proxy", () => {
  it("lets the whole bot connect, register, answer and reply as without it", async () => {
    const folder = temporaryFolder();
    const environment = { DISCORD_TOKEN: discord.token, DISCORD_API_URL: proxy.url, DEMO_PROVIDER: "on" };
    const bot = await startBot(folder.path, environment, briskClock);
    await connected(discord);
    const ada = discord.person("ada");
    const question = discord.say(discord.general, ada, "hello there", { naming: true });
    const [answer] = await answered(discord, discord.general, question);
    expect(answer?.content).toContain("hello there");
    const slash = discord.slash(discord.general, ada, "models status");
    expect((await replied(slash)).content).toContain("demo");
    await bot.stop(0);
    folder.remove();
    expect(discord.rest.faults).toEqual([]);
    expect(refusals()).toEqual([]);
  });

  it("hands on Discord's headers, bodies, refusals and files as they are", async () => {
    const channel = discord.addChannel("passing");
    const rest = restOf();
    const files = [{ name: "a.txt", data: Buffer.from("text") }];
    const body = { content: "with a file" };
    const call = { what: "posting a file", body, files };
    const sent = (await rest.call("POST", `/channels/${channel.id}/messages`, call)) as { id: string };
    expect(Number(answers[0]?.headers.get("x-ratelimit-remaining"))).toBe(4);
    expect(answers[0]?.headers.get("x-ratelimit-bucket")).toMatch(/./);
    const edit = { what: "editing a message", body: { content: "changed" } };
    discord.rest.failNext(/^PATCH/, 429, 30046);
    await expect(rest.call("PATCH", `/channels/${channel.id}/messages/${sent.id}`, edit)).rejects.toMatchObject({
      reason: "edit-cap",
    });
    discord.rest.failNext(/^PATCH/, 503);
    await expect(rest.call("PATCH", `/channels/${channel.id}/messages/${sent.id}`, edit)).rejects.toMatchObject({
      reason: "unavailable",
      message: expect.stringMatching(/^Discord's servers failed/),
    });
    await expect(rest.call("GET", "/channels/123456789012345678", { what: "looking" })).rejects.toMatchObject({
      reason: "gone",
    });
  });

  it("refuses by itself what Discord would, as a limit of that channel alone", async () => {
    const channel = discord.addChannel("full");
    const rest = restOf();
    for (let sent = 0; sent < 5; sent++) await post(rest, channel.id);
    const before = refusals().length;
    await expect(post(rest, channel.id)).rejects.toMatchObject({
      reason: "rate-limited",
      message: expect.stringMatching(/^The proxy behind DISCORD_API_URL limits/),
    });
    const { retryAfterMs = 0 } = answers.at(-1)?.limited ?? {};
    expect(retryAfterMs).toBeGreaterThan(1_000);
    expect(retryAfterMs).toBeLessThan(5_100);
    expect(answers.at(-1)?.limited?.isGlobal).toBe(false);
    expect(refusals()).toHaveLength(before);
  });

  it("does not make a call any more that its bot has given up", async () => {
    const channel = discord.addChannel("slow");
    const undo = discord.rest.delay(/^POST .*\/messages$/, 300);
    const first = post(restOf(), channel.id); // the proxy makes the calls of a channel one after the other
    const given = new AbortController();
    const second = post(restOf(), channel.id, given.signal);
    setTimeout(() => given.abort(new Error("too late")), 100);
    await expect(second).rejects.toThrow("too late");
    await first;
    undo();
    await post(restOf(), channel.id);
    expect(discord.answers(channel)).toHaveLength(2);
  });

  it("spreads calls so that no second has more than Discord allows, first come, first served", async () => {
    const clock = fakeClock();
    const turn = createTurns(clock);
    const startedAt: number[] = [];
    const order: number[] = [];
    const call = (index: number) =>
      turn().then(() => {
        startedAt.push(clock.now());
        order.push(index);
      });
    for (let index = 0; index < 200; index++) void call(index);
    const givenUp = new AbortController();
    const last = expect(turn(givenUp.signal)).rejects.toThrow("too late");
    givenUp.abort(new Error("too late"));
    await clock.advance(5_000);
    await last;
    void call(200); // after a pause, which must not be saved up
    for (let index = 201; index < 220; index++) void call(index);
    await clock.leap(400); // nor what went by while the process stood still
    await clock.advance(1_000);
    expect(order).toEqual(Array.from({ length: 220 }, (_, index) => index));
    const inSecond = startedAt.map((from) => startedAt.filter((at) => at >= from && at < from + 1_000).length);
    expect(Math.max(...inSecond)).toBeLessThan(50);
    expect(Math.max(...inSecond)).toBeGreaterThan(40);
  });

  it("says when Discord cannot be reached, and goes on when it can", async () => {
    const world = await startFakeDiscord();
    const own = await startDiscordProxy(world.url);
    const rest = createRest({ token: world.token, apiUrl: own.url, clock: realClock, onAnswer() {} });
    await post(rest, world.general.id);
    await world.close();
    await expect(post(rest, world.general.id)).rejects.toMatchObject({
      reason: "unavailable",
      message: expect.stringMatching(/^The proxy behind DISCORD_API_URL failed .*HTTP 502/),
    });
    expect(await (await fetch(`${new URL(own.url).origin}/healthz`)).text()).toBe("ok");
    await own.stop();
    expect(own.process.exitCode).toBe(0);
  });

  it("names every setting that is wrong, and does not start", async () => {
    const { code, text } = await runDiscordProxy({ PROXY_PORT: "many", DISCORD_UPSTREAM_URL: "discord.com" });
    expect(code).toBe(2);
    expect(text).toContain("PROXY_PORT");
    expect(text).toContain("DISCORD_UPSTREAM_URL");
  });
});
