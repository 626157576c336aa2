import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createWatchSender, type WatchSender } from "../../../src/bot/watch/watch-sender.js";
import { createWatchRows } from "../../../src/refresh/watch/watch-rows.js";
import { createWorld, type World } from "../../refresh/world.js";
import { fakeClock } from "../../support/fake-clock.js";
import { type FakePlatform, fakePlatform } from "../../support/fake-platform.js";
import { fakeProvider } from "../../support/fake-provider.js";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const CHANNEL = "fake:home:general";
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

interface Change {
  readonly at: number;
  readonly provider: string;
  readonly isAdded: boolean;
  readonly model: string;
}

function readTrace(path: string): readonly Change[] {
  const [, ...lines] = readFileSync(path, "utf8").trim().split("\n");
  return lines.map((line) => {
    const [seconds, provider = "", event, ...model] = line.split(",");
    return { at: Number(seconds) * 1_000, provider, isAdded: event === "added", model: model.join(",") };
  });
}

/** A process that refreshes lists and sends what watches are told, until it is killed. */
interface Replica {
  readonly world: World;
  readonly sender: WatchSender;
  isKilled: boolean;
}

/** Numbers that look random and are the same in every run. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % sides;
  };
}

async function replay(changes: readonly Change[], kills: boolean) {
  const clock = fakeClock((changes[0]?.at ?? 0) - 24 * HOUR_MS, 1);
  const roll = dice(7);
  const lists = new Map<string, Set<string>>();
  const seen = new Set<string>();
  for (const { provider, model, isAdded } of changes) {
    const list = lists.get(provider) ?? new Set(Array.from({ length: 8 }, (_, index) => `stays-${index}`));
    lists.set(provider, list);
    if (!seen.has(`${provider}/${model}`) && !isAdded) list.add(model);
    seen.add(`${provider}/${model}`);
  }
  const down = new Set<string>();
  const ids = [...lists.keys()];
  const platform = fakePlatform();
  const sentAt: number[] = [];
  const makeProvider = (id: string) => {
    const provider = fakeProvider(id, [], clock.sleep);
    return {
      ...provider,
      async listModels() {
        if (down.has(id)) throw new Error("the provider cannot be reached");
        return [...(lists.get(id) ?? [])].map((model) => ({ id: model, isChat: true }));
      },
    };
  };
  const first = await createWorld({ clock, ids, makeProvider });
  await createWatchRows(first.store).change(CHANNEL, () => ({
    isDirect: false,
    watches: [{ pattern: "*", kind: "all", by: "Ada", at: 1 }],
  }));

  const begin = (world: World): Replica => {
    const replica: Replica = {
      world,
      isKilled: false,
      sender: createWatchSender({
        watches: createWatchRows(world.store),
        refresher: world.refresher,
        allowed: { judge: () => ({ isAllowed: true }) },
        modelFacts: () => ({}),
        access: { isServed: () => true },
        settings: { languageOf: () => undefined },
        platforms: [dying(platform, () => replica, sentAt, clock.now)],
        clock,
        log: SILENT,
      }),
    };
    return replica;
  };
  /** A platform whose caller may be killed before the post or behind it. */
  function dying(real: FakePlatform, of: () => Replica, at: number[], now: () => number): FakePlatform {
    const kill = () => {
      of().isKilled = true;
      of().sender.stop();
      of().world.refresher.stop();
      return new Promise<never>(() => {});
    };
    return {
      ...real,
      async post(...call) {
        const fate = kills ? roll(6) : 5;
        if (fate === 0) return kill();
        const before = real.answers.length;
        const posted = await real.post(...call);
        if (real.answers.length > before) at.push(now());
        return fate === 1 ? kill() : posted;
      },
    };
  }
  const replicas = [begin(first), begin(await first.restart()), begin(await first.restart())];
  const tick = async () => {
    for (const [index, replica] of replicas.entries())
      if (replica.isKilled) replicas[index] = begin(await first.restart());
    await Promise.race([
      Promise.all(replicas.map(({ world, sender }) => Promise.all([world.refresher.tick(), sender.tick()]))),
      new Promise((resolve) => setTimeout(resolve, 20)), // a killed one never ends its tick
    ]);
  };
  const after = async (ms: number) => {
    await clock.leap(ms);
    await tick();
    await clock.advance(10_000);
    await tick();
  };
  await tick();
  await after(10_000);
  const truth: string[] = [];
  for (let index = 0, steps = 0; index < changes.length; steps++) {
    const at = changes[index]?.at ?? 0;
    if (steps % 4 === 3) down.add(ids[roll(ids.length)] ?? "");
    await after(Math.max(10_000, at - clock.now()));
    down.clear();
    for (; changes[index]?.at === at; index++) {
      const { provider, model, isAdded } = changes[index] as Change;
      const list = lists.get(provider);
      if (list?.has(model) === isAdded) continue; // says nothing new
      if (isAdded) list?.add(model);
      else list?.delete(model);
      truth.push(`${isAdded ? "here" : "gone"} ${provider}/${model}`);
    }
    for (const waitMs of [5, 5, 5, 61].map((minutes) => minutes * MINUTE_MS)) await after(waitMs);
  }
  for (let hours = 0; hours < 60; hours++) await after(HOUR_MS);
  const texts = platform.answers.map(({ text }) => text);
  const named = texts.flatMap((text) =>
    [...text.matchAll(/^- \*\*(.+?)\*\* `(.+?)`/gm)].map(
      ([, kind, name]) => `${kind === "gone" ? "gone" : "here"} ${name}`,
    ),
  );
  const counted = texts.reduce((sum, text) => sum + Number(/… and (\d+) more/.exec(text)?.[1] ?? 0), 0);
  return { truth, named, counted, texts, sentAt };
}

describe("three replicas that are killed at their posts", () => {
  it("tell every change of 40 days once, and nothing else", async () => {
    const { truth, named, counted, sentAt } = await replay(readTrace("test/fixtures/model-changes.csv"), true);
    const known = new Set(truth);
    expect(named.filter((one) => !known.has(one))).toEqual([]);
    expect(named.length + counted).toBe(truth.length);
    const gaps = sentAt.slice(1).map((at, index) => at - (sentAt[index] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(HOUR_MS);
  });
});
