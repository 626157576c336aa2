// The built bot on a Discord of the benchmark's own (`discord-service.mjs`), with a model that answers as it says, as a
// process over sockets. BENCH_MAIN=FILE measures another build, BENCH_PROFILE=FOLDER writes profiles of the bot's CPU there.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { WebSocket } from "ws";
import { startDiscordService } from "./discord-service.mjs";
import { portOf } from "./port-of.mjs";

const MAIN = resolve(process.env.BENCH_MAIN ?? "dist/main.js");
const { BENCH_PROFILE } = process.env;
const PROFILE = BENCH_PROFILE === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${resolve(BENCH_PROFILE)}`];
export const WORD_MS = 50;
/** Linux counts CPU in hundredths of a second. */
const TICK_MS = 10;
export const pause = (ms) => new Promise((done) => setTimeout(done, ms));
export const ids = (count) =>
  Array.from({ length: count }, (_, index) => String(700_000_000_000_000_000n + BigInt(index)));

/** A model that answers each question as the benchmark says. */
async function startModel() {
  const turns = new Map();
  const server = createServer(async (incoming, response) => {
    if (incoming.url?.endsWith("/models")) {
      const data = Array.from({ length: 500 }, (_, index) => ({ id: `gpt-5-${index}`, object: "model" }));
      return void response.end(JSON.stringify({ object: "list", data: [{ id: "gpt-5", object: "model" }, ...data] }));
    }
    const chunks = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const question = JSON.parse(chunks.join("")).messages.at(-1).content;
    const turn = turns.get(typeof question === "string" ? question : question.at(-1).text);
    response.writeHead(200, { "content-type": "text/event-stream" });
    /** @type {(delta: object, finish_reason?: string) => void} */
    const send = (delta, finish_reason) =>
      response.write(
        `data: ${JSON.stringify({ id: "1", object: "chat.completion.chunk", created: 1, model: "gpt-5", choices: [{ index: 0, delta, finish_reason: finish_reason ?? null }] })}\n\n`,
      );
    turn.firstAt = performance.now();
    for (let word = 0; word < turn.words; word++) {
      send({ role: "assistant", content: `word${word} ` });
      await pause(WORD_MS);
    }
    turn.lastAt = performance.now();
    send({ content: turn.end });
    send({}, "stop");
    response.end("data: [DONE]\n\n");
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", () => done(undefined)));
  return { url: `http://127.0.0.1:${portOf(server)}/v1`, turns, close: () => server.close() };
}
/** What a process holds once everything that nobody needs is gone, in MB: asked by its own inspector. */
async function heldMb(inspectorPort) {
  const targets = await (await fetch(`http://127.0.0.1:${inspectorPort}/json`)).json();
  const [{ webSocketDebuggerUrl }] = /** @type {[{ webSocketDebuggerUrl: string }]} */ (targets);
  const socket = new WebSocket(webSocketDebuggerUrl);
  await new Promise((done) => socket.once("open", done));
  let id = 0;
  const call = (method, params) => {
    const own = ++id;
    socket.send(JSON.stringify({ id: own, method, params }));
    return new Promise((done) => {
      socket.on("message", (data) => {
        const message = JSON.parse(String(data));
        if (message.id === own) done(message.result);
      });
    });
  };
  for (let time = 0; time < 3; time++) await call("HeapProfiler.collectGarbage");
  const expression = "process.memoryUsage().heapUsed + process.memoryUsage().external";
  const { result } = await call("Runtime.evaluate", { expression });
  socket.close();
  return result.value / 1e6;
}
/** Linux: CPU of all threads of a process since its start. */
export function cpuMsOf(pid) {
  const [utime, stime] = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ")
    .slice(11);
  return (Number(utime) + Number(stime)) * TICK_MS;
}
export async function startBot(environment, isInspected = false) {
  const folder = mkdtempSync(join(tmpdir(), "evergreen-bench-"));
  const port = String(20_000 + Math.floor(Math.random() * 30_000));
  const inspectorPort = Number(port) + 1;
  const inspect = isInspected ? [`--inspect=127.0.0.1:${inspectorPort}`] : [];
  const child = spawn(process.execPath, [...inspect, ...PROFILE, MAIN], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      HTTP_PORT: port,
      LOG_LEVEL: "error",
      AUTO_REFRESH: "false",
      USER_MESSAGES_PER_10_MIN: "0",
      CHANNEL_MESSAGES_PER_10_MIN: "0",
      PROVIDER_CONCURRENCY: "0",
      ...environment,
    },
    stdio: "ignore",
  });
  const isUp = () =>
    fetch(`http://127.0.0.1:${port}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await isUp())) await pause(20);
  return {
    pid: child.pid,
    url: `http://127.0.0.1:${port}`,
    folder,
    heldMb: () => heldMb(inspectorPort),
    cpuMs: () => cpuMsOf(child.pid),
    residentMb: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1]) / 1024,
    async stop() {
      const ended = new Promise((done) => child.once("exit", done));
      child.kill(PROFILE.length > 0 ? "SIGTERM" : "SIGKILL");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
/**
 * @import { FaultOf } from "./discord-service.mjs"
 * @typedef {object} Stage
 * @property {readonly string[]} channels
 * @property {() => number} roundTripMs
 * @property {FaultOf | undefined} [faultOf]
 * @property {boolean} [isInspected]
 * @property {{ readonly url: string, close(): unknown }} [model] one that is left open
 * @property {object} [environment] further variables of the bot
 */

/** Everything that a scenario needs, around one bot. @param {Stage} terms */
export async function stage({ channels, roundTripMs, faultOf, isInspected = false, model: given, environment }) {
  const discord = await startDiscordService({ roundTripMs, faultOf, channels });
  const model = given ?? (await startModel());
  const bot = await startBot(
    {
      DISCORD_TOKEN: "bench.token.of-a-bot",
      DISCORD_API_URL: discord.url,
      OPENAI_API_KEY: "sk-bench",
      OPENAI_BASE_URL: model.url,
      DEFAULT_MODEL: "openai/gpt-5",
      ...environment,
    },
    isInspected,
  );
  while (!discord.isReady()) await pause(10);
  await pause(1_000);
  const close = async () => {
    await bot.stop();
    if (given === undefined) model.close();
    await discord.close();
  };
  return { discord, model, bot, close };
}
