import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import type { BotProcess } from "../support/bot-process.js";
import { type Cable, layCable } from "../support/cable.js";
import { hasEnded } from "../support/demo-on-discord.js";
import { type FakeDiscord, startFakeDiscord } from "../support/fake-discord.js";
import type { FakeChannel, FakeMessage } from "../support/fake-discord-world.js";
import { eventually } from "../support/playground-client.js";
import { startPostgres } from "../support/postgres-server.js";
import { startRedis } from "../support/redis-server.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { startReplica } from "./scale/sharded-bots.js";

const isSoak = process.env.SOAK !== undefined;
const REPLICAS = 3;
const SHARDS = 12;
const SERVERS = 60;
const ASK_EVERY_MS = 50;
/** The round with all faults at once; three questions come together, as people who talk to each other ask them. */
const ROUND = { questions: 1_000, together: 3, everyMs: 1_000, killEveryMs: 5_000, cutEveryMs: 20_000, cutMs: 1_000 };
/** Lease and look of a replica that goes on with the shards of another. */
const TAKEN_MS = 30_000 + 10_000;

const redis = isSoak ? await startRedis() : undefined;
const postgres = isSoak ? await startPostgres() : undefined;
const folder = temporaryFolder();
afterAll(async () => {
  await Promise.all([redis?.remove(), postgres?.remove()]);
  folder.remove();
});

let discord: FakeDiscord;
let bots: BotProcess[] = [];
let cable: Cable | undefined;
let asked: { readonly channel: FakeChannel; readonly message: FakeMessage }[] = [];
beforeEach(async () => {
  discord = await startFakeDiscord({ shards: SHARDS, maxConcurrency: SHARDS, servers: SERVERS });
  asked = [];
});
afterEach(async () => {
  await Promise.all(bots.map((bot) => bot.end("SIGKILL")));
  bots = [];
  await Promise.all([discord.close(), cable?.close()]);
});

const MOST_TROUBLES = 20;
const every: BotProcess[] = [];
const start = async (storeUrl: string) => {
  const bot = await startReplica(folder.path, discord, { STORE_URL: storeUrl });
  every.push(bot);
  return bot;
};

/** Warnings and errors of all processes, the most frequent first. */
function troubles(): readonly (readonly [what: string, count: number])[] {
  const counts = new Map<string, number>();
  for (const line of every.flatMap((bot) => bot.log().split("\n"))) {
    if (!/"level":"(warn|error)"/.test(line)) continue;
    const { msg, error } = JSON.parse(line) as { msg?: string; error?: { message?: string } | string };
    const what = `${msg}: ${typeof error === "string" ? error : error?.message}`.replaceAll(/\d{6,}/g, "N");
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return [...counts].sort(([, a], [, b]) => b - a).slice(0, MOST_TROUBLES);
}

/** What a replica's metrics tell of its share. */
async function shareOf(bot: BotProcess): Promise<{ readonly shards: number; readonly events: number }> {
  const text = await (await fetch(`${bot.url}/metrics`)).text();
  return {
    shards: [...text.matchAll(/^evergreen_shard_held\{.*\} 1$/gm)].length,
    events: Number(/^evergreen_events_received_total\{platform="discord"\} (\d+)$/m.exec(text)?.[1] ?? 0),
  };
}

const isEverySessionUp = () => new Set(discord.gateway.sessions()).size === SHARDS;

async function balanced(count: number): Promise<void> {
  const shares = async () => (await Promise.all(bots.map(shareOf))).map(({ shards }) => shards);
  await eventually(
    `${count} shares`,
    async () => {
      const held = await shares();
      const sum = held.reduce((all, one) => all + one, 0);
      return (sum === SHARDS && Math.max(...held) - Math.min(...held) <= 1 && isEverySessionUp()) || undefined;
    },
    120_000,
  );
}

function ask(at = asked.length): void {
  const channel = discord.serverChannels[at % SERVERS];
  if (channel === undefined) throw new Error("no channel");
  const message = discord.say(channel, discord.person("ada"), `question ${asked.length}`, { naming: true });
  asked.push({ channel, message });
}

/** Asks question after question until what goes on is over. */
async function askingWhile(work: Promise<unknown>): Promise<void> {
  let isOver = false;
  const over = work.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    ask();
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
  }
  await over;
}

/** Kills one replica after the other, and starts each again as its supervisor does; resolves with how many. */
async function killInTurn(storeUrl: string, isOver: () => boolean): Promise<number> {
  const startAgain = (left = 10): Promise<BotProcess> =>
    start(storeUrl).catch((error) => {
      if (left <= 1) throw error;
      return startAgain(left - 1); // the line to the store was cut just then
    });
  for (let kills = 0; ; kills++) {
    const next = Date.now() + ROUND.killEveryMs;
    while (Date.now() < next && !isOver()) await new Promise((resolve) => setTimeout(resolve, 100));
    if (isOver()) return kills;
    const index = kills % REPLICAS;
    await bots[index]?.end("SIGKILL");
    bots[index] = await startAgain();
  }
}

/** Questions without an end mark, and what stands in channels where not each has one answer, in order. */
function differences() {
  const number = (id: string | null | undefined) => asked.findIndex(({ message }) => message.id === id);
  const unmarked = asked.filter((one) => !hasEnd(one)).map(({ message }) => number(message.id));
  const channels = discord.serverChannels.flatMap((channel) => {
    const questions = asked.filter((one) => one.channel === channel).map(({ message }) => number(message.id));
    const shown = discord.answers(channel).map(({ replyTo, content }) => [number(replyTo), content.slice(0, 60)]);
    return String(shown.map(([at]) => at)) === String(questions) ? [] : [shown];
  });
  return { unmarked, channels };
}

/** What stands in the place of answers. */
function exceptions() {
  const texts = discord.serverChannels.flatMap((channel) => discord.answers(channel)).map(({ content }) => content);
  const count = (part: string) => texts.filter((text) => text.includes(part)).length;
  return {
    answers: texts.length,
    interrupted: count("Interrupted by a restart"),
    notSaved: count("could not be saved"),
    failed: count("Reference"),
  };
}

const hasEnd = ({ message }: (typeof asked)[number]) => hasEnded(discord, message);

async function expectAnsweredOnce(): Promise<void> {
  await eventually("every end mark", () => asked.every(hasEnd) || undefined, 180_000);
  for (const channel of discord.serverChannels) {
    const questions = asked.filter((one) => one.channel === channel).map(({ message }) => message.id);
    const answers = discord.answers(channel);
    const shown = answers.map(({ replyTo, content }) => `${replyTo} ${content.slice(0, 80)}`).join("\n");
    // A bare line below a question that was being answered at a kill counts at its place.
    expect(
      answers.map(({ replyTo }) => replyTo),
      shown,
    ).toEqual(questions);
  }
  expect(discord.rest.faults).toEqual([]);
}

const stores = [
  ["Redis", redis?.url],
  ["PostgreSQL", postgres?.url],
] as const;

const reachable = stores.filter(([, url]) => url !== undefined);
describe.runIf(isSoak).each(isSoak ? reachable : stores)("three replicas of a sharded bot on one %s", (_, url = "") => {
  it("receive a third of the events each, and answer every question once while one is killed and others come and go", {
    timeout: 400_000,
  }, async () => {
    bots = [await start(url)];
    await eventually("all sessions", () => isEverySessionUp() || undefined, 60_000);
    bots.push(...(await Promise.all([start(url), start(url)])));
    await balanced(REPLICAS);
    const { identifies } = discord.gateway.counts;

    const before = await Promise.all(bots.map(shareOf));
    for (let round = 0; round < 10 * SERVERS; round++) {
      ask();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await expectAnsweredOnce();
    const after = await Promise.all(bots.map(shareOf));
    const received = after.map(({ events }, index) => events - (before[index]?.events ?? 0));
    const all = received.reduce((sum, one) => sum + one, 0);
    expect(all).toBe(asked.length);
    expect(Math.max(...received)).toBeLessThanOrEqual((1.1 / REPLICAS) * all);

    const killed = bots.shift();
    const killedAt = Date.now();
    await askingWhile(
      Promise.all([killed?.end("SIGKILL"), eventually("shards", () => !isEverySessionUp() || undefined)]),
    );
    await askingWhile(eventually("all shards again", () => isEverySessionUp() || undefined, TAKEN_MS));
    console.log(`shards of a killed replica answered again after ${Date.now() - killedAt} ms`);
    await askingWhile(start(url).then((bot) => bots.push(bot)));
    await askingWhile(balanced(REPLICAS));
    await askingWhile(bots.shift()?.end("SIGTERM") ?? Promise.resolve());
    await askingWhile(balanced(REPLICAS - 1));
    await expectAnsweredOnce();
    expect(discord.gateway.counts).toMatchObject({ identifies, refusedIdentifies: 0 });
  });

  it("answer 1,000 questions once and in order while one is killed every 5 s and the line to the store is cut", {
    timeout: 1_500_000,
  }, async () => {
    cable = await layCable(url);
    const line = cable;
    bots = await Promise.all(Array.from({ length: REPLICAS }, () => start(line.url)));
    await balanced(REPLICAS);
    let [isOver, cuts] = [false, 0];
    const killing = killInTurn(line.url, () => isOver);
    const cutting = setInterval(() => {
      cuts += 1;
      line.cut();
      setTimeout(line.mend, ROUND.cutMs);
    }, ROUND.cutEveryMs);
    while (asked.length < ROUND.questions) {
      ask(Math.floor(asked.length / ROUND.together));
      if (asked.length % ROUND.together === 0) await new Promise((resolve) => setTimeout(resolve, ROUND.everyMs));
    }
    isOver = true;
    clearInterval(cutting);
    const kills = await killing;
    await expectAnsweredOnce().finally(() =>
      console.log(
        JSON.stringify({ questions: asked.length, kills, cuts, ...exceptions(), ...differences() }),
        JSON.stringify(troubles(), null, 1),
      ),
    );
    expect(exceptions()).toMatchObject({ notSaved: 0, failed: 0 });
  });

  it("go on with the shards of one that hangs, and it hears nothing when it wakes", {
    timeout: 400_000,
  }, async () => {
    bots = await Promise.all(Array.from({ length: REPLICAS }, () => start(url)));
    await balanced(REPLICAS);
    const [hung] = bots;
    hung?.process.kill("SIGSTOP");
    const others = bots.slice(1);
    const taken = async () => {
      const held = (await Promise.all(others.map(shareOf))).reduce((sum, { shards }) => sum + shards, 0);
      return held === SHARDS || undefined;
    };
    const hungAt = Date.now();
    await askingWhile(eventually("all shards elsewhere", taken, TAKEN_MS));
    console.log(`shards of a hanging replica were taken after ${Date.now() - hungAt} ms`);
    hung?.process.kill("SIGCONT");
    await askingWhile(balanced(REPLICAS));
    await expectAnsweredOnce();
  });
});
