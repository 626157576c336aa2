// Answers of the built program in one Slack workspace whose tiers are token buckets per workspace and method, with a
// round trip of 60 ms. First text: from the model's first word to the end of the call that shows it; last text: from the
// model's end until all of it is shown. "edits": a workspace without Slack's streaming. Waves: several rounds in a row in
// one process, each of answers that end at once. BENCH_ONLY=WORDS runs the workspaces alone that are called so,
// BENCH_MAIN=FILE measures another build.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { performance } from "node:perf_hooks";
import { portOf } from "./port-of.mjs";
import { startPlatform } from "./slack-platform.mjs";

const ROUND_TRIP_MS = 60;
const WORDS = 120;
const WORD_EVERY_MS = 30;
/** Answers of 24 s, as long models take. */
const WAVE_WORD_EVERY_MS = 200;
const WAVES = 3;
/** A third of a minute's calls may come at once. */
const SMALL_BURST = 1 / 3;
/** From the question to the model's first word; real ones take longer. */
const THINK_MS = 400;
const CHANNELS = 4;
const STREAMING = ["chat.startStream", "chat.appendStream", "chat.stopStream"];
const ROUNDS = { 1: 12, 6: 6, 16: 6 };
/** How long an answer may take at most to be counted at all. */
const GIVE_UP_MS = 60_000;

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const quantile = (values, share) => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
};
const round = (value) => Number(value.toFixed(2));
const wordsOf = (id) => Array.from({ length: WORDS }, (_, index) => `${id}-word${index}`);

/** A model that streams words at a steady pace, and notes when. */
async function startModel() {
  const times = new Map();
  const pace = { wordEveryMs: WORD_EVERY_MS };
  const server = createServer(async (request, response) => {
    if (request.method === "GET") return response.end(JSON.stringify({ data: [{ id: "bench-model" }] }));
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const asked = JSON.parse(Buffer.concat(chunks).toString()).messages.at(-1).content;
    const id = /id(\d+)/.exec(JSON.stringify(asked))?.[0] ?? "id0";
    response.writeHead(200, { "content-type": "text/event-stream" });
    /** @type {(delta: object, finish_reason?: string) => void} */
    const send = (delta, finish_reason) =>
      response.write(
        `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish_reason ?? null }] })}\n\n`,
      );
    const words = wordsOf(id);
    await pause(THINK_MS);
    times.set(id, { firstAt: performance.now() });
    for (const [index, word] of words.entries()) {
      send({ content: index === 0 ? word : ` ${word}` });
      await pause(pace.wordEveryMs);
    }
    times.get(id).endedAt = performance.now();
    send({}, "stop");
    return response.end("data: [DONE]\n\n");
  });
  server.listen(0, "127.0.0.1");
  await new Promise((done) => server.once("listening", done));
  return { url: `http://127.0.0.1:${portOf(server)}/v1`, times, pace, close: () => server.close() };
}

async function startBot(platform, model, folder) {
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  const child = spawn(process.execPath, [resolve(process.env.BENCH_MAIN ?? "dist/main.js")], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      HTTP_PORT: String(port),
      LOG_LEVEL: "silent",
      SLACK_BOT_TOKEN: "xoxb-bench",
      SLACK_APP_TOKEN: "xapp-bench",
      SLACK_API_URL: platform.apiUrl,
      OPENAI_COMPATIBLE: `bench=${model.url}|k`,
      USER_MESSAGES_PER_10_MIN: "0",
      CHANNEL_MESSAGES_PER_10_MIN: "0",
    },
    stdio: "ignore",
  });
  const isReady = () =>
    fetch(`http://127.0.0.1:${port}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await isReady()) || !platform.isConnected()) await pause(20);
  return async () => {
    child.kill("SIGKILL");
    await new Promise((done) => child.once("exit", done));
  };
}

let lastId = 0;

/**
 * Rounds of answers at once, one after the other, in a workspace and processes of their own: one, or several replicas on
 * one store, among which the questions are spread.
 */
async function answersAtOnce({ replies, terms, model, waves = 1, replicas = 1 }) {
  const platform = await startPlatform({ roundTripMs: ROUND_TRIP_MS, ...terms });
  const folder = mkdtempSync(join(tmpdir(), "evergreen-bench-"));
  const stops = [];
  for (let replica = 0; replica < replicas; replica++) stops.push(await startBot(platform, model, folder));
  // The first answer of a process pays for what is loaded with it; it is not measured.
  model.pace.wordEveryMs = WORD_EVERY_MS;
  const warm = platform.mention("C9", "say id0");
  const isWarm = ({ isStreaming, text = "" }) => !isStreaming && text.endsWith(`word${WORDS - 1}`);
  while (!platform.answers(warm).some(isWarm)) await pause(20);
  if (waves > 1) model.pace.wordEveryMs = WAVE_WORD_EVERY_MS;
  const found = [];
  for (let wave = 0; wave < waves; wave++) found.push(...(await oneWave(replies, platform, model)));
  for (const stop of stops) await stop();
  rmSync(folder, { recursive: true, force: true });
  await platform.close();
  return { found, refusals: platform.refusals };
}

async function oneWave(replies, platform, model) {
  const asked = Array.from({ length: replies }, (_, index) => {
    const id = `id${++lastId}`;
    return { id, ts: platform.mention(`C${index % CHANNELS}`, `say ${id}`) };
  });
  const isWhole = ({ id, ts }) => platform.answers(ts).some(({ text }) => text === wordsOf(id).join(" "));
  const until = performance.now() + GIVE_UP_MS;
  while (!asked.every(isWhole) && performance.now() < until) await pause(20);
  await pause(500);
  return asked.map(({ id, ts }) => {
    const answers = platform.answers(ts);
    const times = model.times.get(id);
    return {
      isComplete: answers.length === 1 && isWhole({ id, ts }),
      firstMs: (answers[0]?.firstAt ?? Number.NaN) + ROUND_TRIP_MS / 2 - (times?.firstAt ?? Number.NaN),
      lastMs: (answers[0]?.lastAt ?? Number.NaN) - (times?.endedAt ?? Number.NaN),
      edits: answers[0]?.edits ?? 0,
    };
  });
}

/** @type {(print: (line: object) => void, terms: { name: string, terms: object, replies: number, rounds: number, waves?: number, replicas?: number, model: object }) => Promise<void>} */
async function measure(print, { name, terms, replies, rounds, waves, replicas, model }) {
  const all = [];
  const refusals = { injected: 0, limited: 0, methods: /** @type {string[]} */ ([]) };
  for (let count = 0; count < rounds; count++) {
    const { found, refusals: own } = await answersAtOnce({ replies, terms, model, waves, replicas });
    all.push(...found);
    refusals.injected += own.injected;
    refusals.limited += own.limited;
    refusals.methods.push(...own.methods);
  }
  const firsts = all.map(({ firstMs }) => firstMs);
  const lasts = all.map(({ lastMs }) => lastMs);
  print({
    workspace: name,
    replies,
    ...(waves !== undefined && { waves }),
    ...(replicas !== undefined && { replicas }),
    samples: all.length,
    complete: round(all.filter(({ isComplete }) => isComplete).length / all.length),
    firstTextP50RoundTrips: round(quantile(firsts, 0.5) / ROUND_TRIP_MS),
    firstTextMaxRoundTrips: round(Math.max(...firsts) / ROUND_TRIP_MS),
    lastTextP50Ms: Math.round(quantile(lasts, 0.5)),
    lastTextP95Ms: Math.round(quantile(lasts, 0.95)),
    updatesPerAnswer: round(all.reduce((sum, { edits }) => sum + edits, 0) / all.length),
    injectedFailures: refusals.injected,
    selfInflicted429: refusals.limited,
    ...(refusals.limited > 0 && { limitedMethods: [...new Set(refusals.methods)] }),
  });
}

export async function run(print) {
  const model = await startModel();
  const isWanted = ({ name }) => name.includes(process.env.BENCH_ONLY ?? "");
  for (const one of [
    { name: "streaming", terms: {} },
    { name: "streaming with 429 and 5xx", terms: { failEvery: 15 } },
    { name: "edits", terms: { absent: STREAMING } },
  ].filter(isWanted))
    for (const replies of [1, 6, 16]) await measure(print, { ...one, replies, rounds: ROUNDS[replies], model });
  for (const one of [
    { name: "waves, streaming, large bursts", terms: {} },
    { name: "waves, streaming, small bursts", terms: { burst: SMALL_BURST } },
    { name: "waves, edits, large bursts", terms: { absent: STREAMING } },
    { name: "waves, edits, small bursts", terms: { absent: STREAMING, burst: SMALL_BURST } },
    { name: "waves, streaming, small bursts, three replicas", terms: { burst: SMALL_BURST }, replicas: 3 },
    {
      name: "waves, edits, small bursts, three replicas",
      terms: { absent: STREAMING, burst: SMALL_BURST },
      replicas: 3,
    },
  ].filter(isWanted))
    await measure(print, { ...one, replies: 16, rounds: 1, waves: WAVES, model });
  model.close();
}
