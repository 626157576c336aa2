import { afterEach, describe, expect, it } from "vitest";
import { memoryStore } from "../../support/memory-store.js";
import { eventually } from "../../support/playground-client.js";
import { type PlatformStage, realClock, stagePlatform } from "./discord-support.js";

const SHARDS = 4;
/** Looks come ten times as often; a request may take as long as ever. */
const clock = {
  ...realClock,
  sleep: (ms: number, signal?: AbortSignal) => realClock.sleep(ms > 2_000 ? ms / 10 : ms, signal),
};

let stages: PlatformStage[] = [];
afterEach(async () => {
  for (const stage of stages.reverse()) await stage.close();
  stages = [];
});

/** Adapters of two replicas, each of which has half of the shards. */
async function two() {
  const fake = { shards: SHARDS, maxConcurrency: SHARDS, servers: 8 };
  const store = memoryStore(clock.now);
  const first = await stagePlatform({ fake, clock, store });
  stages = [first];
  const { discord } = first;
  await eventually("four sessions", () => discord.gateway.counts.identifies === SHARDS || undefined);
  const second = await stagePlatform({ beside: { discord, store: store.another() }, clock });
  stages = [first, second];
  await eventually("two moves", () => discord.gateway.counts.resumes === 2 || undefined);
  await eventually("four connections", () => discord.gateway.sessions().length === SHARDS || undefined);
  return { first, second, discord };
}

const heard = (...of: readonly PlatformStage[]) =>
  of.flatMap(({ mentions }) => mentions.map(({ text }) => text)).sort();

describe("replicas with one Discord token and one store", () => {
  it("receive every event once, half of them each, by sessions that go on", async () => {
    const { first, second, discord } = await two();
    const ada = discord.person("ada");
    const asked = discord.serverChannels.map((channel) => {
      discord.say(channel, ada, `hello ${channel.name}`, { naming: true });
      return `hello ${channel.name}`;
    });
    await eventually("all", () => heard(first, second).length === asked.length || undefined);
    expect(heard(first, second)).toEqual(asked.sort());
    expect([first.mentions.length, second.mentions.length]).toEqual([4, 4]);
    expect(discord.gateway.counts.identifies).toBe(SHARDS);
    expect(first.platform.workspaces().length + second.platform.workspaces().length).toBe(8 + 1 + 2);
  });

  it("know who manages a server of which another replica was told", async () => {
    const { first, second, discord } = await two();
    const max = discord.person("max", { isManager: true });
    for (const channel of discord.serverChannels) discord.say(channel, max, "hello", { naming: true });
    await eventually("all", () => heard(first, second).length === 8 || undefined);
    expect([...first.mentions, ...second.mentions].filter(({ isOperator }) => isOperator)).toHaveLength(8);
    const reads = discord.rest.requests.filter(({ method, path }) => method === "GET" && /^\/guilds\/\d+$/.test(path));
    expect(reads).toHaveLength(4);
  });

  it("lose nothing and hear nothing twice when one of them stops", async () => {
    const { first, second, discord } = await two();
    const ada = discord.person("ada");
    const asked: string[] = [];
    const ask = (count: number) => {
      for (const channel of discord.serverChannels.slice(0, count)) {
        const text = `question ${asked.length}`;
        discord.say(channel, ada, text, { naming: true });
        asked.push(text);
      }
    };
    ask(8);
    const leaving = first.handOver();
    ask(8);
    await leaving;
    ask(8);
    const known = first.mentions.length;
    await eventually("all", () => heard(first, second).length >= asked.length || undefined);
    await eventually("four connections", () => discord.gateway.sessions().length === SHARDS || undefined);
    expect(heard(first, second)).toEqual(asked.sort());
    expect(first.mentions).toHaveLength(known);
    expect(discord.gateway.counts).toMatchObject({ identifies: SHARDS, resumes: 4 });
    expect(second.platform.fault()).toBeUndefined();
  });
});
