import { setPriority } from "node:os";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../../src/base/clock.js";
import { createCalls } from "../../../src/bot/discord/send/calls.js";
import { createRest, type Method } from "../../../src/bot/discord/send/rest.js";
import type { Rank } from "../../../src/bot/port/platform.js";
import type { BotProcess } from "../../support/bot-process.js";
import { type DiscordProxy, startDiscordProxy } from "../../support/discord-proxy.js";
import { type FakeDiscord, startFakeDiscord } from "../../support/fake-discord.js";
import { startRedis } from "../../support/redis-server.js";
import { temporaryFolder } from "../../support/temporary-folder.js";
import { questionsIn, sharedOut, startReplica } from "./sharded-bots.js";

const isSoak = process.env.SOAK !== undefined;
/** Eight built bots are more than two cores carry: of the others, only what makes their calls runs, in this process. */
const [BUILT, IN_PROCESS] = [2, 6];
const SHARDS = 4;
const ROUND_MS = 30_000;
const ASK_EVERY_MS = 1_000;
/** So many answers grow at the same time in each of the others. */
const FLOWS = 12;
const EDITS = 4;

const redis = isSoak ? await startRedis() : undefined;
const folder = temporaryFolder();
afterAll(async () => {
  await redis?.remove();
  folder.remove();
});

let discord: FakeDiscord;
let proxy: DiscordProxy;
let bots: readonly BotProcess[] = [];
beforeEach(async () => {
  discord = await startFakeDiscord({
    shards: SHARDS,
    maxConcurrency: SHARDS,
    servers: 16,
    messages: { limit: 5, windowMs: 5_000 },
    reactions: { limit: 1, windowMs: 250 },
    global: { limit: 50, windowMs: 1_000 },
  });
  proxy = await startDiscordProxy(discord.url);
  hurry(proxy.process.pid);
  hurry(process.pid);
});
/** Neither Discord nor the proxy's machine stands still because bots are busy, as two cores here would have it. */
function hurry(pid = 0): void {
  try {
    setPriority(pid, -15);
  } catch {
    // only root may; on a machine that is not busy it makes no difference
  }
}
afterEach(async () => {
  await Promise.all(bots.map((bot) => bot.end("SIGKILL")));
  await proxy.stop();
  await discord.close();
});

/** Makes the calls of a busy replica until `until`: posts, edits while answers grow, last texts. */
async function busyReplica(replica: number, until: number) {
  const calls = createCalls(systemClock);
  calls.shareWith(() => BUILT + IN_PROCESS);
  const rest = createRest({
    token: discord.token,
    apiUrl: proxy.url,
    clock: systemClock,
    onAnswer: calls.onAnswer,
  });
  const lastTextMs: number[] = [];
  const flow = async (name: string) => {
    const { id: channel } = discord.addChannel(name);
    const key = { platform: "discord", workspace: "1", channel };
    const send = async (method: Method, path: `/${string}`, rank: Rank) => {
      await calls.takeMessage(method === "POST" ? "post" : "edit", key, { rank });
      return (await rest.call(method, path, { what: "a text", body: { content: `${rank} ${Date.now()}` } })) as {
        id: string;
      };
    };
    while (Date.now() < until) {
      const { id } = await send("POST", `/channels/${channel}/messages`, "first-text");
      const path = `/channels/${channel}/messages/${id}` as const;
      for (let edit = 0; edit < EDITS; edit++) await send("PATCH", path, "progress");
      const from = Date.now();
      await send("PATCH", path, "last-text");
      lastTextMs.push(Date.now() - from);
    }
  };
  await Promise.all(Array.from({ length: FLOWS }, (_, index) => flow(`busy ${replica} ${index}`)));
  calls.stop();
  return lastTextMs;
}

describe.runIf(isSoak)("eight replicas behind the proxy of deploy/discord-proxy", () => {
  it("stay under 50 calls a second without a refusal, and answer everything", { timeout: 600_000 }, async () => {
    const environment = { DISCORD_API_URL: proxy.url, STORE_URL: redis?.url ?? "" };
    bots = await Promise.all(Array.from({ length: BUILT }, () => startReplica(folder.path, discord, environment)));
    await sharedOut(bots, discord, SHARDS);
    const from = discord.rest.requests.length;
    const startedAt = Date.now();
    const busy = Promise.all(
      Array.from({ length: IN_PROCESS }, (_, replica) => busyReplica(replica, startedAt + ROUND_MS)),
    );
    const questions = questionsIn(discord);
    await questions.askWhile(busy, ASK_EVERY_MS);
    const whole = await questions.ended(120_000);

    const calls = discord.rest.requests.slice(from).filter(({ path }) => !/^\/(interactions|webhooks)\//.test(path));
    const metrics = await (await fetch(`${new URL(proxy.url).origin}/metrics`)).text();
    const within = (ms: number) =>
      Math.max(...calls.map(({ at }) => calls.filter((call) => call.at >= at && call.at < at + ms).length));
    const lastTextMs = (await busy).flat().sort((a, b) => a - b);
    const inRound = calls.filter(({ at }) => at < startedAt + ROUND_MS).length;
    console.log(
      `${questions.asked.length} questions to two bots, of which ${whole} were answered to the end, and ${lastTextMs.length} of six more; ` +
        `${(inRound / ROUND_MS) * 1_000} calls a second, at most ${within(1_000)} in one; ` +
        `last text after ${lastTextMs[lastTextMs.length >> 1]} ms, at most ${lastTextMs.at(-1)} ms\n${metrics}`,
    );
    expect(calls.filter(({ status }) => status === 429)).toEqual([]);
    expect(metrics).not.toContain('status="429"');
    // This process may stand still for a while, and then sees many at once.
    expect(within(5_000)).toBeLessThan(250);
  });
});
