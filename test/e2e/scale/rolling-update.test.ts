import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import type { BotProcess } from "../../support/bot-process.js";
import { type FakeDiscord, startFakeDiscord } from "../../support/fake-discord.js";
import { startPostgres } from "../../support/postgres-server.js";
import { startRedis } from "../../support/redis-server.js";
import { temporaryFolder } from "../../support/temporary-folder.js";
import { questionsIn, sharedOut, startReplica } from "./sharded-bots.js";

const isSoak = process.env.SOAK !== undefined;
const REPLICAS = 3;
const SHARDS = 12;
const SERVERS = 60;
/** SOAK_RATE: fewer questions a second where the machine is busy. */
const RATE = Number(process.env.SOAK_RATE ?? 20);
const ASK_EVERY_MS = 1_000 / RATE;
/** People ask before anything is stopped. */
const BEFORE_MS = 5_000;
/** Replicas know of each other, and have their shares, where both are of a version that shares. */
const SETTLE_MS = 15_000;

const redis = isSoak ? await startRedis() : undefined;
const postgres = isSoak ? await startPostgres() : undefined;
const folder = temporaryFolder();
afterAll(async () => {
  await Promise.all([redis?.remove(), postgres?.remove()]);
  folder.remove();
});

let discord: FakeDiscord;
let bots: BotProcess[] = [];
beforeEach(async () => {
  discord = await startFakeDiscord({ shards: SHARDS, maxConcurrency: SHARDS, servers: SERVERS });
});
afterEach(async () => {
  await Promise.all(bots.map((bot) => bot.end("SIGKILL")));
  bots = [];
  await discord.close();
});

const stores = [
  ["Redis", redis?.url],
  ["PostgreSQL", postgres?.url],
] as const;
const reachable = stores.filter(([, url]) => url !== undefined);

/** Replaces the oldest replica while people ask; gives how long it took to stop, in ms. */
async function replaceOne(
  questions: ReturnType<typeof questionsIn>,
  start: () => Promise<BotProcess>,
  everyMs: number,
) {
  const stopping = bots.shift();
  const stoppedAt = Date.now();
  const ended = stopping?.end("SIGTERM").then((code) => expect(code).toBe(0));
  await questions.askWhile(ended ?? Promise.resolve(), everyMs);
  const stopMs = Date.now() - stoppedAt;
  await questions.askWhile(
    start().then((bot) => bots.push(bot)),
    everyMs,
  );
  return stopMs;
}

function report(name: string, { asked }: ReturnType<typeof questionsIn>, stopMs: readonly number[]): void {
  const rate = asked.length / ((asked.at(-1)?.at ?? 0) - (asked[0]?.at ?? 0));
  console.log(
    `${name}: ${asked.length} questions, ${(rate * 1_000).toFixed(1)} a second, stopped in ${stopMs.join(", ")} ms`,
  );
}

describe.runIf(isSoak).each(isSoak ? reachable : stores)("three replicas on one %s", (name, url = "") => {
  it(`are replaced one after the other under ${RATE} questions a second: none is lost, doubled or cut`, {
    timeout: 600_000,
  }, async () => {
    const start = () => startReplica(folder.path, discord, { STORE_URL: url });
    bots = await Promise.all(Array.from({ length: REPLICAS }, start));
    await sharedOut(bots, discord, SHARDS);
    const questions = questionsIn(discord);
    const stopMs: number[] = [];
    await questions.askWhile(sleep(BEFORE_MS), ASK_EVERY_MS);
    for (let round = 0; round < REPLICAS; round++) {
      stopMs.push(await replaceOne(questions, start, ASK_EVERY_MS));
      await questions.askWhile(sharedOut(bots, discord, SHARDS), ASK_EVERY_MS);
    }
    report(name, questions, stopMs);
    await questions.expectWhole(240_000);
  });

  /** OLDER_BOT: the dist/main.js of another version. */
  const older = process.env.OLDER_BOT;
  it.runIf(older !== undefined)(
    "go from an older version to this one and back while people ask",
    {
      timeout: 900_000,
    },
    async () => {
      const start = (main?: string) => startReplica(folder.path, discord, { STORE_URL: url }, main);
      bots = await Promise.all(Array.from({ length: REPLICAS }, () => start(older)));
      const questions = questionsIn(discord);
      const stopMs: number[] = [];
      for (const main of [undefined, older]) {
        for (let round = 0; round < REPLICAS; round++) {
          stopMs.push(await replaceOne(questions, () => start(main), ASK_EVERY_MS));
          await questions.askWhile(sleep(SETTLE_MS), ASK_EVERY_MS);
        }
      }
      report(`${name}, two versions`, questions, stopMs);
      await questions.expectWhole(240_000);
    },
  );
});
