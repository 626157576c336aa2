// Answers of the built program in one Slack workspace whose tiers are token buckets per workspace and method, with a
// round trip of 60 ms. First text: from the model's first word to the end of the call that shows it; last text: from the
// model's end until all of it is shown. `native: false`: a workspace without Slack's streaming.
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
      await pause(WORD_EVERY_MS);
    }
    times.get(id).endedAt = performance.now();
    send({}, "stop");
    return response.end("data: [DONE]\n\n");
  });
  server.listen(0, "127.0.0.1");
  await new Promise((done) => server.once("listening", done));
  return { url: `http://127.0.0.1:${portOf(server)}/v1`, times, close: () => server.close() };
}

async function startBot(platform, model) {
  const folder = mkdtempSync(join(tmpdir(), "evergreen-bench-"));
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  const child = spawn(process.execPath, [resolve("dist/main.js")], {
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
    rmSync(folder, { recursive: true, force: true });
  };
}

let lastId = 0;

/** One round of answers at once, in a workspace and a process of their own. */
async function answersAtOnce(replies, terms, model) {
  const platform = await startPlatform({ roundTripMs: ROUND_TRIP_MS, ...terms });
  const stop = await startBot(platform, model);
  // The first answer of a process pays for what is loaded with it; it is not measured.
  const warm = platform.mention("C9", "say id0");
  while (
    !platform.answers(warm).some(({ isStreaming, text = "" }) => !isStreaming && text.endsWith(`word${WORDS - 1}`))
  ) {
    await pause(20);
  }
  const asked = Array.from({ length: replies }, (_, index) => {
    const id = `id${++lastId}`;
    return { id, ts: platform.mention(`C${index % CHANNELS}`, `say ${id}`) };
  });
  const isWhole = ({ id, ts }) => platform.answers(ts).some(({ text }) => text === wordsOf(id).join(" "));
  const until = performance.now() + GIVE_UP_MS;
  while (!asked.every(isWhole) && performance.now() < until) await pause(20);
  await pause(500);
  const found = asked.map(({ id, ts }) => {
    const answers = platform.answers(ts);
    const times = model.times.get(id);
    return {
      isComplete: answers.length === 1 && isWhole({ id, ts }),
      firstMs: (answers[0]?.firstAt ?? Number.NaN) + ROUND_TRIP_MS / 2 - (times?.firstAt ?? Number.NaN),
      lastMs: (answers[0]?.lastAt ?? Number.NaN) - (times?.endedAt ?? Number.NaN),
      edits: answers[0]?.edits ?? 0,
    };
  });
  await stop();
  await platform.close();
  return { found, refusals: platform.refusals };
}

export async function run(print) {
  const model = await startModel();
  for (const { name, terms } of [
    { name: "streaming", terms: {} },
    { name: "streaming with 429 and 5xx", terms: { failEvery: 15 } },
    { name: "edits", terms: { absent: STREAMING } },
  ]) {
    for (const replies of [1, 6, 16]) {
      const all = [];
      const refusals = { injected: 0, limited: 0 };
      for (let count = 0; count < ROUNDS[replies]; count++) {
        const { found, refusals: own } = await answersAtOnce(replies, terms, model);
        all.push(...found);
        refusals.injected += own.injected;
        refusals.limited += own.limited;
      }
      const firsts = all.map(({ firstMs }) => firstMs);
      const lasts = all.map(({ lastMs }) => lastMs);
      print({
        workspace: name,
        replies,
        samples: all.length,
        complete: round(all.filter(({ isComplete }) => isComplete).length / all.length),
        firstTextP50RoundTrips: round(quantile(firsts, 0.5) / ROUND_TRIP_MS),
        firstTextP99RoundTrips: round(quantile(firsts, 0.99) / ROUND_TRIP_MS),
        lastTextP50Ms: Math.round(quantile(lasts, 0.5)),
        lastTextP95Ms: Math.round(quantile(lasts, 0.95)),
        updatesPerAnswer: round(all.reduce((sum, { edits }) => sum + edits, 0) / all.length),
        injectedFailures: refusals.injected,
        selfInflicted429: refusals.limited,
      });
    }
  }
  model.close();
}
