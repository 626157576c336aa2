// What model lists cost at rest, and at any size: reading them, autocomplete, the tick, memory. Runs the built program's
// own parts. PARTS=read,suggest,tick,every,memory,servers,reports chooses.
//   read:     getCachedModels() with one and ten providers, beside reads of the same value from other caches
//   suggest:  autocomplete over 500, 5,000 and 50,000 models
//   tick:     a tick with nothing due, by number of workspaces, each with settings of its own
//   every:    how often a list that is due every 60 s is fetched, on a clock that runs fast
//   memory:   heap per workspace at rest, with settings and a learnt habit
//   servers:  memory of 5,000 Discord servers with 100,000 channels, and the tick with 1,000 of them having settings
//   reports:  event loop blocked by `/usage` over 100,000 turns and by `/chat export` of 5,000
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { systemClock } from "#bot/base/clock.js";
import { createAccess } from "#bot/bot/access/access.js";
import { createPlaces } from "#bot/bot/discord/gateway/places.js";
import { chatExport } from "#bot/commands/chat-export.js";
import { usage } from "#bot/commands/usage.js";
import { suggestModels } from "#bot/refresh/choose/suggest-models.js";
import { createRefresher } from "#bot/refresh/engine/create-refresher.js";
import { createSettings } from "#bot/refresh/settings.js";
import { openStore } from "#bot/store/open-store.js";
import { turnKey } from "#bot/store/sessions/session-rows.js";
import { createSessions } from "#bot/store/sessions/sessions.js";
import { createSqliteStore } from "#bot/store/sqlite/sqlite.js";
import { createLedger } from "#bot/usage/ledger.js";
import { hasPeers, importPeer } from "./peers.mjs";

const ROUNDS = 7;
const log = { debug() {}, info() {}, warn() {}, error() {} };
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const round = (value, digits = 2) => Number(value.toFixed(digits));
const quantile = (values, share) => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
};
const median = (values) => quantile(values, 0.5);

const ACCESS = { allowedWorkspaces: [], allowDms: true, operators: [], followThreads: true };
const HOST = { isEnabled: true, intervalMs: 300_000 };

/** A platform with that many workspaces, as far as the refresh looks at one. */
const platformOf = (workspaces) =>
  /** @type {never} */ ({ name: "discord", limits: {}, fault: () => undefined, workspaces: () => workspaces });

/** A refresher on a SQLite file, whose providers answer with these lists. */
async function refresherOver({
  lists,
  clock = systemClock,
  workspaces = ["discord:1"],
  host = HOST,
  fill = async (_store) => {},
}) {
  const folder = mkdtempSync(join(tmpdir(), "evergreen-bench-"));
  const store = await openStore(`sqlite://${join(folder, "bench.sqlite")}`, [createSqliteStore({ now: clock.now })]);
  await fill(store);
  const settings = createSettings({ store, host, log });
  const access = createAccess(ACCESS, { surfaces: [], clock, log });
  const platforms = [platformOf(workspaces)];
  const asked = [];
  const providers = Object.entries(lists).map(([id, models]) => {
    /** @type {import("../src/providers/provider.js").Provider} */
    const provider = {
      id,
      async listModels() {
        asked.push(clock.now());
        return models;
      },
      async *streamChat() {}, // nobody asks here
    };
    return { id, baseUrl: `http://${id}`, provider };
  });
  const refresher = createRefresher({
    providers,
    store,
    settings,
    workspaces: () => access.countedWorkspaces(platforms, settings.workspaces()),
    clock,
    log,
    refresh: { timeoutMs: 10_000, maxAgeMs: 300_000, ...host },
  });
  await settings.load();
  await refresher.load();
  return {
    refresher,
    asked,
    async close() {
      refresher.stop();
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const FAMILIES = ["gpt", "claude-sonnet", "llama", "mistral-large", "qwen3-coder", "gemini-pro", "deepseek-chat"];
/** Ids as vendors and gateways give them. */
const listOf = (count) =>
  Array.from({ length: count }, (_unused, index) => {
    const family = FAMILIES[index % FAMILIES.length];
    const id = `vendor-${index % 50}/${family}-${index % 9}.${index % 7}-${index}`;
    return { id, name: `Vendor: ${family} ${index}`, isChat: index % 12 !== 0 };
  });

async function read(print) {
  for (const count of [1, 10]) {
    const lists = Object.fromEntries(Array.from({ length: count }, (_unused, index) => [`p${index}`, listOf(500)]));
    const world = await refresherOver({ lists });
    await world.refresher.refresh("person");
    const calls = 100_000;
    const loops = [];
    for (let loop = 0; loop < 21; loop++) {
      const startedAt = performance.now();
      for (let call = 0; call < calls; call++) world.refresher.getCachedModels();
      loops.push(((performance.now() - startedAt) * 1_000) / calls);
    }
    print({ part: "read", providers: count, getCachedModelsMicroseconds: round(median(loops), 4) });
    if (count === 1 && (await hasPeers(print))) await readPeers(print, world.refresher.getCachedModels());
    await world.close();
  }
}

/** The same list from other caches in memory. Two of them answer with promises, which are awaited. */
async function readPeers(print, models) {
  const { BentoCache, bentostore } = await importPeer("bentocache");
  const { memoryDriver } = await importPeer("bentocache/drivers/memory");
  const { Cacheable } = await importPeer("cacheable");
  const { LRUCache } = await importPeer("lru-cache");
  const memory = bentostore().useL1Layer(memoryDriver({ maxItems: 100, serialize: false }));
  const bento = new BentoCache({ default: "memory", stores: { memory } });
  const cacheable = new Cacheable();
  const lru = new LRUCache({ max: 100 });
  await bento.set({ key: "models", value: models });
  await cacheable.set("models", models);
  lru.set("models", models);
  const caches = {
    bentocache: () => bento.get({ key: "models" }),
    cacheable: () => cacheable.get("models"),
    "lru-cache": () => lru.get("models"),
  };
  const calls = 500; // cacheable copies the value with each read
  for (const [cache, read] of Object.entries(caches)) {
    const loops = [];
    for (let loop = 0; loop < 21; loop++) {
      const startedAt = performance.now();
      if (read() instanceof Promise) for (let call = 0; call < calls; call++) await read();
      else for (let call = 0; call < calls; call++) read();
      loops.push(((performance.now() - startedAt) * 1_000) / calls);
    }
    print({ part: "read", cache, getMicroseconds: round(median(loops), 4) });
  }
  await bento.disconnectAll();
  await cacheable.disconnect();
}

/** What people type on their way to a model, and what fits nothing. */
const TYPED = [
  ["m", "g", "gp", "gpt", "gpt-", "gpt-4", "claude", "claude s", "sonnet 4", "vendor-4", "p0/vendor-49", "qwen coder"],
  ["mistral-large-3", "gpt5", "llama 42", "nothing fits", "zzzz", "e", "1234", "model", "cs45", "deepseek 7 chat"],
].flat();

async function suggest(print) {
  for (const count of [500, 5_000, 50_000]) {
    const perProvider = Math.min(count, 5_000);
    const ids = Array.from({ length: count / perProvider }, (_unused, index) => `p${index}`);
    const world = await refresherOver({ lists: Object.fromEntries(ids.map((id) => [id, listOf(perProvider)])) });
    await world.refresher.refresh("person");
    const ask = (turn) => {
      const from = performance.now();
      suggestModels(world.refresher.snapshot(), TYPED[turn % TYPED.length] ?? "", 25);
      return performance.now() - from;
    };
    const firstMs = ask(0);
    for (let turn = 0; turn < 200; turn++) ask(turn);
    const rounds = Array.from({ length: ROUNDS }, () => Array.from({ length: 1_100 }, (_unused, turn) => ask(turn)));
    print({
      part: "suggest",
      models: count,
      p50Ms: round(median(rounds.map(median)), 3),
      p99Ms: round(median(rounds.map((times) => quantile(times, 0.99))), 3),
      firstAfterChangeMs: round(firstMs, 3),
      samplesPerRound: 1_100,
      rounds: ROUNDS,
    });
    await world.close();
  }
}

const idsOf = (count) => Array.from({ length: count }, (_unused, index) => `discord:${1_000_000 + index}`);

/** What workspaces have set, as rows of the store: `choice` differs by workspace. */
const settingsRows = (workspaces, choiceOf) =>
  workspaces.map((key, index) => ({ table: "settings", key, value: { model: "p0/gpt", ...choiceOf(index) } }));

const CHOICES = {
  "fixed intervals": (index) => ({ interval: [3, 5, 10, 15][index % 4], isEnabled: index % 5 !== 0 }),
  smart: () => ({ interval: "smart" }),
};

async function tick(print) {
  for (const [scene, choiceOf] of Object.entries(CHOICES))
    for (const count of [10, 1_000, 10_000]) {
      let now = Date.now();
      const clock = { now: () => now, sleep: systemClock.sleep };
      const workspaces = idsOf(count);
      const lists = Object.fromEntries(Array.from({ length: 10 }, (_unused, index) => [`p${index}`, listOf(50)]));
      const fill = (store) => store.write(settingsRows(workspaces, choiceOf));
      const world = await refresherOver({ lists, clock, workspaces, fill });
      await world.refresher.refresh("person");
      const cost = await costOfTicks(world.refresher, () => {
        now += 10_000;
      });
      print({ part: "tick", scene, workspaces: count, ...cost });
      await world.close();
    }
}

/** What ten ticks cost in which nothing is due; `beat` moves the clock on to the next one. */
async function costOfTicks(refresher, beat) {
  const ticks = [];
  for (let count = 0; count < 12; count++) {
    beat();
    let longestBlockMs = 0;
    let isOver = false;
    let last = performance.now();
    const look = () => {
      longestBlockMs = Math.max(longestBlockMs, performance.now() - last);
      last = performance.now();
      if (!isOver) setImmediate(look);
    };
    const cpu = process.cpuUsage();
    setImmediate(look);
    await refresher.tick();
    await pause(5);
    isOver = true;
    await pause(1);
    const { user, system } = process.cpuUsage(cpu);
    if (count >= 2) ticks.push({ longestBlockMs, cpuMs: (user + system) / 1_000 });
  }
  return {
    blockedMs: round(median(ticks.map(({ longestBlockMs }) => longestBlockMs))),
    longestBlockedMs: round(Math.max(...ticks.map(({ longestBlockMs }) => longestBlockMs))),
    // 6 ms of it are this measurement's own: it keeps a core busy while it waits.
    cpuMsPerMinute: round(6 * Math.max(0, median(ticks.map(({ cpuMs }) => cpuMs)) - 6), 0),
    ticks: ticks.length,
  };
}

const SERVERS = 5_000;
const CHANNELS_EACH = 20;
const WITH_SETTINGS = 1_000;
/** As Discord describes a server, with what is not kept of it. */
function serverEvent(index) {
  const id = (offset) => String(1_000_000_000_000_000_000n + BigInt(index) * 100n + BigInt(offset));
  const many = (count, one) => Array.from({ length: count }, (_unused, at) => one(at));
  const role = (at) => ({ id: id(at), name: `role ${at}`, permissions: "2147483647", color: 0, position: at });
  const channel = (at) => ({
    ...{ id: id(20 + at), type: at === 0 ? 4 : 0, name: `channel-${at}`, position: at, topic: "t".repeat(100) },
    ...{ parent_id: at === 0 ? null : id(20), permission_overwrites: [], last_message_id: null },
  });
  const roles = many(10, role);
  const channels = many(CHANNELS_EACH, channel);
  return JSON.stringify({ id: id(0), owner_id: id(99), name: `Server ${index}`, roles, channels, threads: [] });
}

async function servers(print) {
  const heap = heapMeter();
  if (heap === undefined) return print({ part: "servers", skipped: "run node with --expose-gc" });
  const rest = { call: () => Promise.reject(new Error("nobody is asked here")), isTokenRefused: () => false };
  const before = heap();
  const places = createPlaces({ rest, calls: { take: async () => {} }, log });
  let takenMs = 0;
  for (let index = 0; index < SERVERS; index++) {
    const event = JSON.parse(serverEvent(index));
    const cpu = process.cpuUsage();
    places.onEvent("GUILD_CREATE", event);
    const { user, system } = process.cpuUsage(cpu);
    takenMs += (user + system) / 1_000;
  }
  const bytes = heap() - before;
  let now = Date.now();
  const clock = { now: () => now, sleep: systemClock.sleep };
  const workspaces = places.serverIds().map((id) => `discord:${id}`);
  const fill = (store) => store.write(settingsRows(workspaces.slice(0, WITH_SETTINGS), CHOICES["fixed intervals"]));
  const world = await refresherOver({ lists: { p0: listOf(50) }, clock, workspaces, fill });
  await world.refresher.refresh("person");
  const cost = await costOfTicks(world.refresher, () => {
    now += 10_000;
  });
  const known = { servers: SERVERS, channels: SERVERS * CHANNELS_EACH, withSettings: WITH_SETTINGS };
  const memory = { placesMb: round(bytes / 2 ** 20, 1), takenCpuMsPerServer: round(takenMs / SERVERS, 3) };
  print({ part: "servers", ...known, ...memory, ...cost });
  await world.close();
}

async function every(print) {
  // The clock runs a hundred times as fast; a fetch takes what it takes.
  const speed = 100;
  const startedAt = Date.now();
  const now = () => Math.round(startedAt + (performance.now() - began) * speed);
  const began = performance.now();
  const clock = { now, sleep: (ms, signal) => systemClock.sleep(ms / speed, signal) };
  const host = { isEnabled: true, intervalMs: 60_000 };
  const world = await refresherOver({ lists: { p0: listOf(50) }, clock, host });
  for (let beat = 0; beat < 80; beat++) {
    void world.refresher.tick();
    await pause(Math.max(0, began + (beat + 1) * (10_000 / speed) - performance.now()));
  }
  const gaps = world.asked.slice(1).map((at, index) => (at - (world.asked[index] ?? 0)) / 1_000);
  print({
    part: "every",
    intervalSeconds: 60,
    fetchedEverySeconds: round(median(gaps), 1),
    shortestSeconds: round(Math.min(...gaps), 1),
    longestSeconds: round(Math.max(...gaps), 1),
    fetches: world.asked.length,
  });
  await world.close();
}

/** A habit as it is stored after some weeks. */
const habitRow = (now, seed) => {
  const some = (length, digits) =>
    Array.from({ length }, (_unused, index) => Number(((((index + seed) * 7919) % 997) / 100 + 0.123).toFixed(digits)));
  return {
    ...{ at: now, lastAt: now, inThisHour: 0, counts: some(168, 3), weeks: some(168, 3), total: { count: 9, ms: 1e9 } },
    ...{ recent: some(3, 3), happened: some(3, 3), habitual: some(3, 3), credited: some(8, 3), foretold: some(8, 3) },
  };
};

/** Measures what is kept, in bytes; undefined where Node.js does not let us collect. */
function heapMeter() {
  const gc = globalThis.gc;
  if (gc === undefined) return undefined;
  return () => {
    for (let turn = 0; turn < 3; turn++) gc();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external; // which has the buffers
  };
}

async function memory(print) {
  const heap = heapMeter();
  if (heap === undefined) return print({ part: "memory", skipped: "run node with --expose-gc" });
  const at = {};
  for (const count of [10, 10_000]) {
    const workspaces = idsOf(count);
    const now = Date.now();
    const fill = async (store) => {
      await store.write(settingsRows(workspaces, CHOICES.smart));
      const rows = workspaces.map((id, index) => ({
        table: "usage",
        key: `smart:workspace:${id}`,
        value: habitRow(now, index),
      }));
      for (let from = 0; from < rows.length; from += 500) await store.write(rows.slice(from, from + 500));
    };
    const before = heap();
    const world = await refresherOver({ lists: { p0: listOf(50) }, workspaces, fill });
    await world.refresher.refresh("person");
    world.refresher.status();
    await pause(200);
    at[count] = heap() - before;
    await world.close();
  }
  print({ part: "memory", workspaces: 10_000, bytesPerWorkspace: round((at[10_000] - at[10]) / 9_990, 0) });
}

const INVOCATION = {
  ...{ platform: "discord", workspace: "discord:1", conversation: "discord:1:2", isOperator: true, isDirect: false },
  ...{ user: { id: "u1", name: "Ada" }, isGuest: false, isInGroup: async () => false, canShowFiles: false },
};
const TURN_TEXT = "Some words of a question or of an answer, as people and models write them. ".repeat(6);

/** Rows as a month of use leaves them. */
function* turnsOf(ledger, now) {
  for (let index = 0; index < 100_000; index++)
    yield ledger.writeOf({
      ...{ id: `q${index}`, at: now - (index % 30) * 86_400_000 - (index % 1_000), workspace: "discord:1" },
      ...{ platform: "discord", user: { id: `u${index % 500}`, name: `User ${index % 500}` }, provider: "openai" },
      ...{ model: `gpt-${index % 9}`, inputTokens: 100, outputTokens: 50, cachedTokens: 0, costUsd: 0.01 },
      ...{ isEstimated: false, ending: "done" },
    });
  for (let number = 0; number < 5_000; number++)
    yield {
      table: "turns",
      key: turnKey("discord:1:2", number),
      value: {
        question: { message: `m${number}`, author: "Ada", authorId: "u1", text: TURN_TEXT, at: now },
        ...{ answer: TURN_TEXT, ending: "done", provider: "openai", model: "gpt-1", usage: null, endedAt: now },
      },
    };
}

async function reports(print) {
  const folder = mkdtempSync(join(tmpdir(), "evergreen-bench-"));
  const store = await openStore(`sqlite://${join(folder, "store.sqlite")}`, [createSqliteStore()]);
  const ledger = createLedger({ store, clock: systemClock });
  const sessions = createSessions({ store, now: systemClock.now });
  const rows = [...turnsOf(ledger, Date.now())];
  for (let from = 0; from < rows.length; from += 500) await store.write(rows.slice(from, from + 500));
  const audit = { note: async () => {} };
  const parts = { ledger, sessions, audit, clock: systemClock, charts: { paint: async () => undefined } };
  const deps = /** @type {import("#bot/commands/command-deps.js").CommandDeps} */ (/** @type {unknown} */ (parts));
  for (const { part, command, args } of [
    { part: "usage over 100,000 turns", command: usage(deps), args: { period: "30d", by: "user" } },
    { part: "export of 5,000 turns", command: chatExport(deps), args: {} },
  ]) {
    const blocked = [];
    const took = [];
    for (let round = 0; round < ROUNDS; round++) {
      const delay = monitorEventLoopDelay({ resolution: 1 });
      delay.enable();
      const startedAt = performance.now();
      for await (const _reply of command.run(args, INVOCATION));
      took.push(performance.now() - startedAt);
      await pause(5);
      blocked.push(delay.max / 1e6);
    }
    print({ part, blockedMs: round(median(blocked), 0), targetMs: 50, tookMs: round(median(took), 0) });
  }
  await store.close();
  rmSync(folder, { recursive: true, force: true });
}

export async function run(print) {
  const parts = { read, suggest, tick, every, memory, servers, reports };
  const wanted = Object.keys(parts).filter((name) => (process.env.PARTS ?? name).split(",").includes(name));
  for (const name of wanted) await parts[name](print);
}
