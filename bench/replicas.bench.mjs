// How often replicas on one store fetch a list together, and whether an answer is taken after a newer claim. The built
// program's own refreshers run in this process, each with its own store connections and its own beat, on a clock that is
// 100 times as fast; leases and intervals are given to the store, which keeps its own time, as they pass there.
// An interval begins with the first fetch that comes when the one before is over; all fetches until then count for it.

import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ProviderError } from "#bot/providers/provider.js";
import { createRefresher } from "#bot/refresh/engine/create-refresher.js";
import { createSettings } from "#bot/refresh/settings.js";
import { openStore } from "#bot/store/open-store.js";
import { storeDefinitions } from "#bot/store/registry.js";
import { STORES } from "./store-servers.mjs";

const SPEED = 100;
const INTERVAL_MS = 300_000;
const BEAT_MS = 10_000;
const TIMEOUT_MS = 20_000; // 200 ms here, so that a busy machine is no fault
/** So many intervals; without faults each is like the other. */
const CALM_INTERVALS = 8;
const FAULTY_INTERVALS = 16;
const LISTS = 5;
/** What ten fetches in a row come to, in an order of chance: 30 % faults, and no more or less by luck. */
const DECK = ["crash", "stall", "failure", ...new Array(7).fill("ok")];
const FAULT_SHARE = DECK.filter((fate) => fate !== "ok").length / DECK.length;
const log = { debug() {}, info() {}, warn() {}, error() {} };
const pause = (ms) => new Promise((done) => setTimeout(done, ms / SPEED));

const startedAt = Date.now();
const clock = {
  now: () => startedAt + (Date.now() - startedAt) * SPEED,
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, ms / SPEED);
      const stop = () => {
        clearTimeout(timer);
        reject(signal.reason);
      };
      if (signal?.aborted) stop();
      else signal?.addEventListener("abort", stop, { once: true });
    }),
};

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function randomOf(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What becomes of each fetch of a scene. */
function fatesOf(random) {
  let deck = [];
  return () => {
    if (deck.length === 0) deck = DECK.map((fate) => ({ fate, order: random() })).sort((a, b) => a.order - b.order);
    return deck.pop().fate;
  };
}

/** The terms of a claim, as the store's own clock does not run faster. */
const spedUp = ({ ttlMs, ...intervals }) => ({
  ttlMs: ttlMs / SPEED,
  ...Object.fromEntries(Object.entries(intervals).map(([name, ms]) => [name, Math.floor(ms / SPEED)])),
});

/** A process of the bot, as far as one list goes. After a crash nothing of it reaches the store any more. */
async function startReplica(scene, store, id, index) {
  const { random } = scene;
  const stalled = new Set();
  let hasCrashed = false;
  const alive = () => {
    if (hasCrashed) throw new Error("this process has ended");
  };
  const seen = {
    ...store,
    async claim(name, terms) {
      alive();
      const result = await store.claim(name, spedUp(terms));
      if (result.held) scene.newest.set(name, Math.max(scene.newest.get(name) ?? 0, result.claim.fence));
      return result;
    },
    async commit(claim, writes) {
      alive();
      if (stalled.delete(claim.name)) await pause(1.2 * INTERVAL_MS);
      alive();
      const isLate = claim.fence < scene.newest.get(claim.name);
      const isStored = await store.commit(claim, writes);
      if (isLate) scene.lateCommits += 1;
      if (isLate && isStored) scene.lateCommitsAccepted += 1;
      return isStored;
    },
  };
  const provider = {
    id,
    async listModels() {
      scene.fetches.get(id).push(clock.now());
      const fate = scene.nextFate();
      if (fate === "crash") {
        void crash();
        return new Promise(() => {});
      }
      if (fate === "stall") stalled.add(`refresh:${id}`);
      await pause(1_000 + 2_000 * random());
      if (fate === "failure") throw new ProviderError(id, "network", "not reachable");
      return [{ id: "model-1", isChat: true }];
    },
    async *streamChat() {}, // nobody asks here
  };
  const host = { isEnabled: true, intervalMs: INTERVAL_MS };
  const refresher = createRefresher({
    providers: [{ id, baseUrl: "http://demo", provider }],
    store: seen,
    settings: createSettings({ store: seen, host, log }),
    workspaces: () => ["playground:local"],
    clock,
    log,
    refresh: { timeoutMs: TIMEOUT_MS, maxAgeMs: INTERVAL_MS, ...host },
  });
  const end = () => {
    hasCrashed = true;
    scene.replicas.delete(end);
    refresher.stop();
    return false;
  };
  const crash = async () => {
    end();
    await pause(3 * BEAT_MS);
    // As its supervisor does: one that cannot start, as the store gives no answer, is started again.
    while (!scene.isOver && !(await startReplica(scene, store, id, index).then(() => true, end))) await pause(BEAT_MS);
  };
  scene.replicas.add(end);
  await refresher.load();
  const beats = async () => {
    await pause((index * BEAT_MS) / 8); // each has a beat of its own
    while (!hasCrashed) {
      void refresher.tick();
      await pause(BEAT_MS * (0.95 + 0.1 * random()));
    }
  };
  void beats();
}

function intervalsOf(fetches) {
  let begunAt = Number.NEGATIVE_INFINITY;
  let count = 0;
  for (const at of fetches) {
    if (at - begunAt < 0.95 * INTERVAL_MS) continue; // the clocks' grain is 100 ms each
    begunAt = at;
    count += 1;
  }
  return count;
}

async function runScene(world, replicas, share) {
  const ids = Array.from(
    { length: LISTS },
    (_unused, index) => `${replicas}-${share > 0 ? "faults" : "calm"}-${index}`,
  );
  const random = randomOf(replicas);
  const nextFate = share > 0 ? fatesOf(random) : () => "ok";
  const scene = {
    ...{ world, random, nextFate, newest: new Map(), replicas: new Set(), isOver: false },
    ...{ fetches: new Map(ids.map((id) => [id, []])), lateCommits: 0, lateCommitsAccepted: 0 },
  };
  const stores = await Promise.all(Array.from({ length: replicas }, () => openStore(world.url, storeDefinitions)));
  await Promise.all(stores.flatMap((store, index) => ids.map((id) => startReplica(scene, store, id, index))));
  await pause((share > 0 ? FAULTY_INTERVALS : CALM_INTERVALS) * INTERVAL_MS);
  scene.isOver = true;
  for (const end of [...scene.replicas]) end();
  await pause(2 * INTERVAL_MS); // what is stalled comes to its end
  await Promise.all(stores.map((store) => store.close()));
  const all = [...scene.fetches.values()];
  const fetches = all.reduce((sum, each) => sum + each.length, 0);
  const intervals = all.reduce((sum, each) => sum + intervalsOf(each), 0);
  const { lateCommits, lateCommitsAccepted } = scene;
  const fetchesPerInterval = Number((fetches / intervals).toFixed(3));
  return {
    store: world.name,
    replicas,
    faults: share,
    fetchesPerInterval,
    lateCommitsAccepted,
    intervals,
    lateCommits,
  };
}

export async function run(print) {
  for (const [name, start] of Object.entries(STORES)) {
    const folder = mkdtempSync(join(tmpdir(), "evergreen-bench-"));
    chmodSync(folder, 0o755); // where root runs this, PostgreSQL is another user
    try {
      const world = { name, ...(await start(folder)) };
      for (const share of [0, FAULT_SHARE]) {
        const scenes = [1, 3, 6, 8].map((count) => runScene(world, count, share));
        for (const line of await Promise.all(scenes)) print(line);
      }
      await world.close();
    } catch (error) {
      print({ store: name, skipped: `${error?.message ?? "its server does not start here"}` });
    }
    rmSync(folder, { recursive: true, force: true });
  }
}
