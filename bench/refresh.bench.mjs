// What a refresh costs the chat, and what the lists cost their readers. Runs the built program's own parts.
//   chat:     20 live replies while lists are fetched; token delay and event loop, over the same bodies parsed here
//   wall:     one refresh of 10 providers over its slowest provider; when each list is visible; a hung provider
//   memory:   getCachedModels() and autocomplete
//   stuck:    a fetch that never settles: calls per interval while it is down, and whether the next tick recovers

import { spawn } from "node:child_process";
import { once } from "node:events";
import { performance } from "node:perf_hooks";
import { systemClock } from "#bot/base/clock.js";
import { createListThread } from "#bot/providers/lists/list-thread.js";
import { isChatModel } from "#bot/providers/openai-wire/model-row.js";
import { createOpenAiProvider } from "#bot/providers/openai-wire/openai-provider.js";
import { suggestModels } from "#bot/refresh/choose/suggest-models.js";
import { createRefresher } from "#bot/refresh/engine/create-refresher.js";
import { createSettings } from "#bot/refresh/settings.js";
import { openStore } from "#bot/store/open-store.js";
import { createSqliteStore } from "#bot/store/sqlite/sqlite.js";

const { mkdtempSync, rmSync } = await import("node:fs");
const { tmpdir } = await import("node:os");
const { join } = await import("node:path");

const REPLIES = 20;
const TOKEN_EVERY_MS = 10;
const ROUNDS = 7;
const log = { debug() {}, info() {}, warn() {}, error() {} };
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const round = (value, digits = 2) => Number(value.toFixed(digits));
const quantile = (values, share) => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
};
const median = (values) => quantile(values, 0.5);
/** Of the round in which the machine's other work disturbed least: what is measured is never faster than it is. */
const quietest = (values) => Math.min(...values);

/** A row as OpenRouter sends it: about 2 KB, most of which is not read. */
const row = (id) => ({
  id,
  name: `Model ${id}`,
  created: 1_770_000_000,
  description: "A model with much to tell about itself. ".repeat(25),
  context_length: 128_000,
  architecture: {
    modality: "text->text",
    input_modalities: ["text", "image"],
    output_modalities: ["text"],
    tokenizer: "x",
  },
  pricing: { prompt: "0.000003", completion: "0.000015", request: "0", image: "0" },
  top_provider: { context_length: 128_000, max_completion_tokens: 16_000, is_moderated: false },
  supported_parameters: ["max_tokens", "temperature", "tools", "top_p", "stop", "seed", "response_format"],
});
const listBody = (count) =>
  JSON.stringify({ data: Array.from({ length: count }, (_unused, index) => row(`vendor/model-${index}`)) });
const hugeInvalid = `{"data":[${`${JSON.stringify(row("x"))},`.repeat(5_000)}`;

/** Lists are served from another process, as a real one would be from another machine; `null` never answers. */
const SERVER = `
const { createServer } = require("node:http");
process.once("message", (answers) => {
  const bodies = answers.map(({ body }) => body && Buffer.from(body));
  createServer((request, response) => {
    const index = Number(request.url.split("/")[1]);
    const send = () => response.writeHead(200, { "content-type": "application/json" }).end(bodies[index]);
    if (bodies[index] !== null) setTimeout(send, answers[index].delayMs);
  }).listen(0, "127.0.0.1", function () { process.send(this.address().port); });
});`;
async function serve(answers) {
  const child = spawn(process.execPath, ["-e", SERVER], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  child.send(answers);
  const [port] = await once(child, "message");
  return { url: (index) => `http://127.0.0.1:${port}/${index}/v1`, close: () => child.kill() };
}

/** A refresher over real sockets, the real SDK and a real SQLite file. */
async function refresherOver(answers, { timeoutMs = 10_000, clock = systemClock } = {}) {
  const server = await serve(answers);
  const folder = mkdtempSync(join(tmpdir(), "evergreen-bench-"));
  const store = await openStore(`sqlite://${join(folder, "bench.sqlite")}`, [createSqliteStore({ now: clock.now })]);
  const host = { isEnabled: true, intervalMs: 300_000 };
  const deps = { clock, warn() {}, listThread: createListThread({ clock }) };
  const ids = answers.map((_answer, index) => `p${index}`);
  const fetchedAt = new Map();
  const refresher = createRefresher({
    providers: ids.map((id, index) => {
      const baseUrl = server.url(index);
      /** @type {Parameters<typeof createOpenAiProvider>[0]} */
      const wire = { id, baseUrl, key: "k", isChat: isChatModel, tokenLimit: "max_tokens" };
      return { id, baseUrl, key: "k", provider: createOpenAiProvider(wire, deps) };
    }),
    store,
    settings: createSettings({ store, host, log }),
    workspaces: () => ["playground:local"],
    clock,
    log,
    refresh: { timeoutMs, maxAgeMs: 300_000, ...host },
  });
  refresher.onChange(() => {
    for (const [id, entry] of refresher.snapshot().providers)
      if (entry.attemptedAt !== null && !fetchedAt.has(id)) fetchedAt.set(id, performance.now());
  });
  return {
    refresher,
    visibleAt: fetchedAt,
    server,
    async close() {
      refresher.stop();
      await store.close();
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** 20 replies that get a token every 10 ms: how late each token is, and the longest time that nothing could run. */
async function chatDuring(work) {
  const delays = [];
  let longestBlockMs = 0;
  let isOver = false;
  let last = performance.now();
  const beat = () => {
    const now = performance.now();
    longestBlockMs = Math.max(longestBlockMs, now - last);
    last = now;
    if (!isOver) setImmediate(beat);
  };
  const replies = Array.from({ length: REPLIES }, async (_unused, index) => {
    await pause(index / 2);
    let text = "";
    while (!isOver) {
      const dueAt = performance.now() + TOKEN_EVERY_MS;
      await pause(TOKEN_EVERY_MS);
      text += "token ";
      delays.push(performance.now() - dueAt);
    }
    return text;
  });
  await pause(100);
  delays.length = 0;
  last = performance.now();
  longestBlockMs = 0;
  beat();
  const startedAt = performance.now();
  await work();
  await pause(Math.max(0, 300 - (performance.now() - startedAt)));
  isOver = true;
  await Promise.all(replies);
  return { p99Ms: quantile(delays, 0.99), blockMs: longestBlockMs };
}

const several = (count, body) => Array.from({ length: count }, () => ({ body, delayMs: 20 }));
const SCENES = {
  "10 × 500": () => several(10, listBody(500)),
  "10 × 1,000": () => several(10, listBody(1_000)),
  "1 × 5,000": () => several(1, listBody(3_500).slice(0, -2).concat(slim(1_500), "]}")),
  "one hung": () => [{ body: null, delayMs: 0 }, ...several(2, listBody(500))],
  "one huge and invalid": () => several(1, hugeInvalid.slice(0, 7_900_000)),
};
/** 5,000 full rows would be more than the 8 MB that a list may have: the rest comes with ids only. */
const slim = (count) =>
  `,${Array.from({ length: count }, (_unused, index) => JSON.stringify({ id: `slim-${index}` })).join(",")}`;

/** The same bodies fetched, parsed and kept on the chat's own thread, with every field. */
async function parseHere(answers) {
  const server = await serve(answers);
  await Promise.all(
    answers.map(async ({ body }, index) => {
      if (body === null) return;
      try {
        const { data } = /** @type {{ data?: unknown }} */ (await (await fetch(`${server.url(index)}/models`)).json());
        JSON.stringify(data);
      } catch {
        // the invalid one: that it took its time is what is measured
      }
    }),
  );
  await server.close();
}

async function chat(print) {
  const idle = [];
  for (let round = 0; round < ROUNDS; round++) idle.push(await chatDuring(() => pause(300)));
  const idleP99 = quietest(idle.map(({ p99Ms }) => p99Ms));
  print({
    part: "chat",
    scene: "nothing",
    p99Ms: round(idleP99),
    blockMs: round(quietest(idle.map(({ blockMs }) => blockMs))),
  });
  for (const [scene, make] of Object.entries(SCENES)) {
    const answers = make();
    // The first refresh reads and stores every list; the ones that follow meet the same lists again.
    /** @type {Record<"first" | "again", { p99Ms: number, blockMs: number }[]>} */
    const ours = { first: [], again: [] };
    const here = [];
    for (let turn = 0; turn < ROUNDS; turn++) {
      const world = await refresherOver(answers, { timeoutMs: scene === "one hung" ? 500 : 10_000 });
      for (const runs of Object.values(ours)) runs.push(await chatDuring(world.refresher.backgroundRefreshModels));
      await world.close();
      here.push(await chatDuring(() => parseHere(answers)));
    }
    const addedOf = (runs) => Math.max(0, quietest(runs.map(({ p99Ms }) => p99Ms)) - idleP99);
    const blockOf = (runs) => quietest(runs.map(({ blockMs }) => blockMs));
    for (const [refresh, runs] of Object.entries(ours)) {
      print({
        part: "chat",
        scene,
        refresh,
        p99RatioToParsingHere: addedOf(here) > 0 ? round(addedOf(runs) / addedOf(here)) : null,
        blockRatioToParsingHere: round(blockOf(runs) / blockOf(here)),
        addedP99Ms: round(addedOf(runs)),
        addedP99ParsingHereMs: round(addedOf(here)),
        blockMs: round(blockOf(runs)),
        blockParsingHereMs: round(blockOf(here)),
        megabytes: round(answers.reduce((sum, { body }) => sum + (body?.length ?? 0), 0) / 1e6, 1),
        rounds: ROUNDS,
      });
    }
  }
}

async function wall(print) {
  const delays = Array.from({ length: 10 }, (_unused, index) => 40 * (index + 1));
  const slowest = Math.max(...delays);
  const bodies = delays.map(() => listBody(500));
  /** @type {Record<"first" | "again", { wallMs: number, lateMs: number }[]>} */
  const runs = { first: [], again: [] };
  for (let turn = 0; turn < ROUNDS; turn++) {
    const world = await refresherOver(delays.map((delayMs, index) => ({ body: bodies[index], delayMs })));
    for (const refresh of /** @type {const} */ (["first", "again"])) {
      world.visibleAt.clear();
      const startedAt = performance.now();
      await world.refresher.backgroundRefreshModels();
      const wallMs = performance.now() - startedAt;
      const late = [...world.visibleAt.values()].map((at, index) => at - startedAt - delays[index]);
      runs[refresh].push({ wallMs, lateMs: Math.max(...late) });
    }
    await world.close();
  }
  for (const [refresh, measured] of Object.entries(runs)) {
    const wallMs = median(measured.map((run) => run.wallMs));
    const lateMs = median(measured.map((run) => run.lateMs));
    print({
      part: "wall",
      refresh,
      megabytes: round(bodies.reduce((sum, body) => sum + body.length, 0) / 1e6, 1),
      ratioToSlowest: round(wallMs / slowest, 3),
      target: 1.06,
      wallMs: round(wallMs),
      slowestMs: slowest,
      ...(refresh === "first" && { visibleAfterOwnAnswerMs: round(lateMs) }),
      rounds: ROUNDS,
    });
  }
  const timeoutMs = 1_000;
  const hung = await refresherOver(
    [
      { body: null, delayMs: 0 },
      { body: listBody(50), delayMs: 10 },
    ],
    { timeoutMs },
  );
  const startedAt = performance.now();
  await hung.refresher.refresh("person");
  const hungMs = performance.now() - startedAt;
  print({
    part: "wall",
    scene: "one hung",
    ratioToTimeout: round(hungMs / timeoutMs, 3),
    overTimeoutMs: round(hungMs - timeoutMs),
  });
  await hung.close();
}

async function memory(print) {
  for (const count of [500, 5_000]) {
    const ids = Array.from({ length: count }, (_unused, index) => JSON.stringify({ id: `vendor/model-${index}-mini` }));
    const world = await refresherOver([{ body: `{"data":[${ids.join(",")}]}`, delayMs: 0 }]);
    await world.refresher.refresh("person");
    const calls = 10_000;
    for (let call = 0; call < 10_000; call++) world.refresher.getCachedModels();
    const loops = [];
    for (let loop = 0; loop < 20; loop++) {
      const startedAt = performance.now();
      for (let call = 0; call < calls; call++) world.refresher.getCachedModels();
      loops.push(((performance.now() - startedAt) * 1_000) / calls);
    }
    const microseconds = quietest(loops);
    const rounds = [];
    const typed = ["m", "mini", "model 42", "vendor/model-49", "p0/vendor", "nothing fits", "model-4999 mini", "e"];
    for (let round = 0; round < 9; round++) {
      const times = [];
      for (let turn = 0; turn < 400; turn++) {
        const from = performance.now();
        suggestModels(world.refresher.snapshot(), typed[turn % typed.length], 25);
        times.push(performance.now() - from);
      }
      rounds.push(quantile(times, 0.99));
    }
    print({
      part: "memory",
      models: count,
      getCachedModelsMicroseconds: round(microseconds, 3),
      autocompleteP99Ms: round(quietest(rounds), 3),
    });
    await world.close();
  }
}

async function stuck(print) {
  // The clock runs a hundred times as fast, so that ten intervals pass in half a minute.
  const speed = 100;
  const startedAt = Date.now();
  const now = () => startedAt + (Date.now() - startedAt) * speed;
  const clock = { now, sleep: (ms, signal) => systemClock.sleep(ms / speed, signal) };
  let isStuck = false;
  let calls = 0;
  const provider = {
    id: "p0",
    listModels() {
      calls += 1;
      return isStuck ? new Promise(() => {}) : Promise.resolve([{ id: "m", isChat: true }]);
    },
    async *streamChat() {}, // nobody asks here
  };
  const folder = mkdtempSync(join(tmpdir(), "evergreen-bench-"));
  const store = await openStore(`sqlite://${join(folder, "bench.sqlite")}`, [createSqliteStore({ now })]);
  const host = { isEnabled: true, intervalMs: 60_000 };
  const refresher = createRefresher({
    providers: [{ id: "p0", baseUrl: "http://p0", provider }],
    store,
    settings: createSettings({ store, host, log }),
    workspaces: () => ["playground:local"],
    clock,
    log,
    refresh: { timeoutMs: 10_000, maxAgeMs: 300_000, ...host },
  });
  const live = async (ms) => {
    for (const end = now() + ms; now() < end; await pause(10_000 / speed)) void refresher.tick();
  };
  await live(70_000);
  isStuck = true;
  await live(240_000);
  const before = calls;
  const intervals = 10;
  await live(intervals * 60_000);
  const callsWhileDown = calls - before;
  isStuck = false;
  const backAt = now();
  while (refresher.status().providers[0].outcome !== "ok" && now() - backAt < 600_000) {
    void refresher.tick();
    await pause(10_000 / speed);
  }
  print({
    part: "stuck",
    callsPerIntervalWhileDown: round(callsWhileDown / intervals),
    models: refresher.status().providers[0].models,
    recoveredAfterSeconds: round((now() - backAt) / 1_000, 0),
    intervalSeconds: 60,
  });
  refresher.stop();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
}

export async function run(print) {
  const parts = { chat, wall, memory, stuck };
  const wanted = Object.keys(parts).filter((name) => (process.env.PARTS ?? name).split(",").includes(name));
  for (const name of wanted) await parts[name](print);
}
