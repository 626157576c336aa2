import { afterAll, afterEach, describe, expect, it } from "vitest";
import { createWatchRows } from "../../src/refresh/watch/watch-rows.js";
import { openStore } from "../../src/store/open-store.js";
import { storeDefinitions } from "../../src/store/registry.js";
import { type BotProcess, startProcess } from "../support/bot-process.js";
import { type FakeDiscord, startFakeDiscord } from "../support/fake-discord.js";
import { type FakeChannel, GUILD_ID } from "../support/fake-discord-world.js";
import { FAKE_OPENAI_KEY, startFakeOpenAi } from "../support/fake-openai.js";
import { eventually } from "../support/playground-client.js";
import { startPostgres } from "../support/postgres-server.js";
import { startRedis } from "../support/redis-server.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const isSoak = process.env.SOAK !== undefined;
const REPLICAS = 3;
/** Each round is one change of a list, told in channels of its own: a channel gets at most one message an hour. */
const ROUNDS = 3;
const CHANNELS = 40;
const KILLS = 10;
const KILL_EVERY_MS = 4_000;
/** A killed process's lease and the ticks around it, on a busy machine. */
const TOLD_MS = 240_000;

const redis = isSoak ? await startRedis() : undefined;
const postgres = isSoak ? await startPostgres() : undefined;
const folder = temporaryFolder();
const toClose: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close();
});
afterAll(async () => {
  await Promise.all([redis?.remove(), postgres?.remove()]);
  folder.remove();
});

const stores = [
  ["Redis", redis?.url],
  ["PostgreSQL", postgres?.url],
] as const;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Three processes of one bot, each replaced as soon as it is killed. */
async function startReplicas(environment: Record<string, string>) {
  const start = () => startProcess(folder.path, environment);
  const bots: BotProcess[] = await Promise.all(Array.from({ length: REPLICAS }, start));
  toClose.push(() => Promise.all(bots.map((bot) => bot.end("SIGKILL"))));
  let turn = 0;
  return {
    async refresh(): Promise<void> {
      const body = JSON.stringify({ command: "/refresh-models" });
      const headers = { "content-type": "application/json" };
      await (await fetch(`${bots[0]?.url}/api/console/commands`, { method: "POST", headers, body })).text();
    },
    async kill(): Promise<void> {
      const index = turn++ % REPLICAS;
      await bots[index]?.end("SIGKILL");
      bots[index] = await start();
    },
    async killAll(): Promise<void> {
      await Promise.all(bots.map((bot) => bot.end("SIGKILL")));
      bots.splice(0, REPLICAS, ...(await Promise.all(Array.from({ length: REPLICAS }, start))));
    },
  };
}

const newsIn = (discord: FakeDiscord, channel: FakeChannel, model: string) =>
  discord.answers(channel).filter(({ content }) => content.startsWith("🆕 Models changed") && content.includes(model));

const reachable = stores.filter(([, url]) => url !== undefined);
describe.runIf(isSoak).each(isSoak ? reachable : stores)("watches on three replicas on %s", (_name, url = "") => {
  it("tell each channel exactly once, however often one is killed", {
    timeout: ROUNDS * (TOLD_MS + KILLS * 30_000),
  }, async () => {
    const discord = await startFakeDiscord({ identifyGapMs: 0 });
    const openai = await startFakeOpenAi({ models: ["gpt-5"] });
    const store = await openStore(url, storeDefinitions);
    toClose.push(discord.close, openai.close, store.close);
    const watches = createWatchRows(store);
    const replicas = await startReplicas({
      DISCORD_TOKEN: discord.token,
      DISCORD_API_URL: discord.url,
      OPENAI_API_KEY: FAKE_OPENAI_KEY,
      OPENAI_BASE_URL: openai.url,
      STORE_URL: url,
    });
    await eventually("the first list", async () => openai.listRequests() > 0 || undefined);
    const models = ["gpt-5"];
    for (let round = 0; round < ROUNDS; round++) {
      const model = `gpt-6-r${round}`;
      models.push(model);
      const channels = Array.from({ length: CHANNELS }, (_, index) => discord.addChannel(`round-${round}-${index}`));
      const watch = { pattern: `openai/${model}`, kind: "all", by: "Ada", at: 1 } as const;
      for (const { id } of channels)
        await watches.change(`discord:${GUILD_ID}:${id}`, () => ({ isDirect: false, watches: [watch] }));
      openai.setModels(models);
      await replicas.refresh();
      const told = () => channels.filter((channel) => newsIn(discord, channel, model).length > 0).length;
      await eventually("the first message", () => told() > 0 || undefined, TOLD_MS);
      // In the middle of the posts: whoever starts then finds messages that may have arrived.
      await replicas.killAll();
      for (let kill = 0; kill < KILLS; kill++) {
        await replicas.kill();
        if (kill < KILLS - 1) await pause(Math.random() * KILL_EVERY_MS);
      }
      await eventually("every message", () => told() === CHANNELS || undefined, TOLD_MS);
      const isSettled = async () => {
        const { news, waiting, outgoing } = await watches.work();
        return news.length + waiting.size + outgoing.length === 0 || undefined;
      };
      await eventually("the end of what was sent", isSettled, TOLD_MS);
      expect(channels.map((channel) => newsIn(discord, channel, model).length)).toEqual(channels.map(() => 1));
    }
    expect(discord.rest.faults).toEqual([]);
  });
});
