// Cold start to /readyz, and resident memory then, by what is configured. Ratios are over a bare Node.js process, and
// with both platforms over the Chat SDK's bot as it is installed, which is ready once both are connected. A start before the
// first round leaves compiled code behind, as the first start of a build does. BENCH_ONLY=WORDS measures one of these alone,
// BENCH_MAIN=FILE another build, BENCH_FIRST=1 starts without that code.
import { fork, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { startDiscordService } from "./discord-service.mjs";
import { cpuMsOf } from "./discord-stage.mjs";
import { hasPeers } from "./peers.mjs";
import { startPlatform } from "./slack-platform.mjs";

const RUNS = 7;
const MAIN = resolve(process.env.BENCH_MAIN ?? "dist/main.js");
/** As `npm start` has them. */
const NODE_OPTIONS = ["--max-semi-space-size=4"];
const SETUPS = {
  demo: {},
  openai: { OPENAI_API_KEY: "k", OPENAI_BASE_URL: "http://127.0.0.1:9/v1" },
  anthropic: { ANTHROPIC_API_KEY: "k", ANTHROPIC_BASE_URL: "http://127.0.0.1:9" },
};

/** By then the bot has written what it compiled (scripts/loader.cjs). */
const SETTLED_MS = 12_000;

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

function residentMb(pid) {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kilobytes) / 1024;
}

async function isReady(port) {
  try {
    return (await fetch(`http://127.0.0.1:${port}/readyz`)).ok;
  } catch {
    return false; // not listening yet
  }
}

async function bareNodeMs() {
  const startedAt = performance.now();
  const child = spawn(process.execPath, ["-e", "0"]);
  await new Promise((done) => child.once("exit", done));
  return performance.now() - startedAt;
}

async function startOnce(environment, port, restMs = 0) {
  const folder = mkdtempSync(join(tmpdir(), "evergreen-bench-"));
  const startedAt = performance.now();
  const child = spawn(process.execPath, [...NODE_OPTIONS, MAIN], {
    cwd: folder,
    env: { PATH: process.env.PATH, HTTP_PORT: String(port), LOG_LEVEL: "silent", ...environment },
    stdio: "ignore",
  });
  while (!(await isReady(port))) await pause(5);
  const readyMs = performance.now() - startedAt;
  const [memoryMb, cpuMs] =
    process.platform === "linux" ? [residentMb(child.pid), cpuMsOf(child.pid)] : [Number.NaN, Number.NaN];
  await pause(restMs);
  child.kill("SIGKILL");
  await new Promise((done) => child.once("exit", done));
  rmSync(folder, { recursive: true, force: true });
  return { readyMs, memoryMb, cpuMs };
}

/** The Chat SDK's bot: until its gateway has identified itself, its Socket Mode is linked and it says that it is ready. */
async function startChatSdk({ environment, areConnected }) {
  const startedAt = performance.now();
  const env = { PATH: process.env.PATH, ...environment };
  const child = fork(fileURLToPath(new URL("./chat-sdk-bot.mjs", import.meta.url)), { env });
  await new Promise((done) => child.once("message", done));
  while (!areConnected()) await pause(5);
  const readyMs = performance.now() - startedAt;
  const [memoryMb, cpuMs] =
    process.platform === "linux" ? [residentMb(child.pid), cpuMsOf(child.pid)] : [Number.NaN, Number.NaN];
  child.kill("SIGKILL");
  await new Promise((done) => child.once("exit", done));
  return { readyMs, memoryMb, cpuMs };
}

/** Both platforms on loopback, answering at once: what is measured is the bot's own part of a start. */
async function startPlatforms() {
  const discord = await startDiscordService({ roundTripMs: () => 0, channels: ["1000000000000000001"] });
  const slack = await startPlatform({ roundTripMs: 0 });
  return {
    areConnected: () => discord.isConnected() && slack.isConnected(),
    environment: {
      ...SETUPS.openai,
      DISCORD_TOKEN: "bench.token.of-a-bot",
      DISCORD_API_URL: discord.url,
      SLACK_BOT_TOKEN: "xoxb-bench",
      SLACK_APP_TOKEN: "xapp-bench",
      SLACK_API_URL: slack.apiUrl,
    },
    stop: () => Promise.all([discord.close(), slack.close()]),
  };
}

export async function run(print) {
  const port = 20_000 + (process.pid % 20_000);
  const platforms = await startPlatforms();
  const isBeside = await hasPeers(print);
  const { BENCH_FIRST } = process.env;
  for (const name of BENCH_FIRST ? readdirSync(dirname(MAIN)) : [])
    if (name.startsWith("code-cache-")) rmSync(join(dirname(MAIN), name), { recursive: true });
  if (!BENCH_FIRST) await startOnce(platforms.environment, port, SETTLED_MS);
  const setups = { ...SETUPS, "discord and slack": platforms.environment };
  for (const [setup, environment] of Object.entries(setups)) {
    if (process.env.BENCH_ONLY && !setup.includes(process.env.BENCH_ONLY)) continue;
    const rounds = [];
    const peers = [];
    for (let round = 0; round < RUNS; round++) {
      rounds.push({ ...(await startOnce(environment, port)), bareMs: await bareNodeMs() });
      if (isBeside && environment === platforms.environment) peers.push(await startChatSdk(platforms));
    }
    const chatSdkMs = median(peers.map((peer) => peer.readyMs));
    const readyMs = median(rounds.map((round) => round.readyMs));
    print({
      setup,
      ratioToBareNode: Number((readyMs / median(rounds.map((round) => round.bareMs))).toFixed(2)),
      readyMs: Math.round(readyMs),
      cpuMs: median(rounds.map((round) => round.cpuMs)),
      residentMb: Math.round(median(rounds.map((round) => round.memoryMb))),
      runs: RUNS,
      ...(peers.length > 0 && {
        ratioToChatSdk: Number((readyMs / chatSdkMs).toFixed(2)),
        chatSdkReadyMs: Math.round(chatSdkMs),
        chatSdkCpuMs: median(peers.map((peer) => peer.cpuMs)),
        chatSdkResidentMb: Math.round(median(peers.map((peer) => peer.memoryMb))),
      }),
    });
  }
  await platforms.stop();
}
