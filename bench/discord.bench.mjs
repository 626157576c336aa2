// Answers on Discord: when their first and last text is there, against a service with real buckets. Ratios are over the
// round trip at that moment: from the model's text to the answer of the call that shows it. The bot is the built program;
// people ask within a second of each other, and every answer grows by a word each 50 ms. BENCH_ONLY=WORDS runs the
// scenarios alone that are called so.
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { startDiscordService } from "./discord-service.mjs";
import { cpuMsOf, ids, pause, stage, WORD_MS } from "./discord-stage.mjs";
import { measure, serve } from "./openai-streams.mjs";
import { hasPeers } from "./peers.mjs";
import { tailOf } from "./tail-of.mjs";

const ROUND_TRIP_MS = 60;
const SLOWEST_MS = 800;
const ROUNDS = 3;

/**
 * @import { FaultOf } from "./discord-service.mjs"
 * @typedef {{ name: string, perRound: readonly number[], rounds: number, roundTripMs?: () => number, faultOf?: FaultOf, roundTripToMs?: number }} Scenario
 */

/** The Chat SDK's bot on the same services: CPU of as many replies, and how many texts were whole. */
async function chatSdkCpu({ channels, replies, model, whole }) {
  const discord = await startDiscordService({ roundTripMs: () => ROUND_TRIP_MS, channels: ids(channels) });
  const child = fork(fileURLToPath(new URL("./chat-sdk-bot.mjs", import.meta.url)), {
    env: {
      PATH: process.env.PATH,
      DISCORD_TOKEN: "bench.token.of-a-bot",
      DISCORD_API_URL: discord.url,
      OPENAI_API_KEY: "sk-bench",
      OPENAI_BASE_URL: model.url,
    },
  });
  const waiting = new Map();
  child.on("message", (/** @type {{ answered?: string }} */ { answered }) => waiting.get(answered)?.());
  while (!discord.isReady()) await pause(10);
  await pause(2_000);
  const answerAll = (count) =>
    Promise.all(
      ids(channels).map(async (channel) => {
        for (let reply = 0; reply < count; reply++) {
          const question = discord.say(channel, discord.mention("Tell me something."));
          await new Promise((done) => waiting.set(question, done));
        }
      }),
    );
  await answerAll(1); // warm
  const before = cpuMsOf(child.pid);
  await answerAll(replies);
  const cpuMs = (cpuMsOf(child.pid) - before) / (channels * replies);
  const complete = [...discord.messages.values()].filter(({ content }) => content?.startsWith(whole)).length;
  const ended = new Promise((done) => child.once("exit", done));
  child.kill("SIGKILL");
  await ended;
  await discord.close();
  return { cpuMs, complete, limited: discord.tally.limited };
}

const percentile = (values, share) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))];
const rounded = (value) => Number(value?.toFixed(2));

let asked = 0;
/** One question; resolves with when its answer's first and last text were there, and what a round trip was then. */
async function ask({ discord, model }, channel, words) {
  const text = `question ${++asked}`;
  const turn = { words, end: `END${asked}.` };
  model.turns.set(text, turn);
  const question = discord.say(channel, discord.mention(text));
  const until = performance.now() + words * WORD_MS + 90_000;
  for (;;) {
    const answers = [...discord.messages.values()].filter(({ replyTo }) => replyTo === question);
    const last = answers.flatMap(({ shown }) => shown).find(({ content }) => content.includes(turn.end));
    if (last !== undefined) {
      const [first] = answers.map(({ shown }) => shown[0]).sort((a, b) => a.at - b.at);
      const ratio = ({ at, roundTripMs }, since) => (at + roundTripMs / 2 - since) / roundTripMs;
      return { isComplete: true, first: ratio(first, turn.firstAt), last: ratio(last, turn.lastAt) };
    }
    if (performance.now() > until) return { isComplete: false };
    await pause(20);
  }
}

/** @type {(print: (line: object) => void, terms: Scenario) => Promise<void>} */
async function scenario(print, { name, perRound, rounds, roundTripMs = () => ROUND_TRIP_MS, faultOf, ...noted }) {
  const channels = ids(perRound.reduce((most, index) => Math.max(most, index + 1), 0) * rounds);
  const scene = await stage({ channels, roundTripMs, faultOf });
  const results = [];
  const deferralsMs = [];
  for (let round = 0; round < rounds; round++) {
    const load = perRound.map(async (index) => {
      await pause(Math.random() * 1_000);
      const words = 60 + Math.floor(Math.random() * 40);
      results.push(await ask(scene, channels[(round * channels.length) / rounds + index], words));
    });
    const interactions = Array.from({ length: 20 }, async (_, index) => {
      await pause(index * 150);
      const isTyped = index % 2 === 1;
      const data = isTyped
        ? {
            id: "1",
            name: "models",
            type: 1,
            options: [{ type: 1, name: "use", options: [{ type: 3, name: "model", value: "gpt", focused: true }] }],
          }
        : { id: "1", name: "help", type: 1 };
      deferralsMs.push((await scene.discord.interact(isTyped ? 4 : 2, channels[0], data)) - roundTripMs() / 2);
    });
    await Promise.all([...load, ...interactions]);
  }
  const { tally } = scene.discord;
  await scene.close();
  const complete = results.filter(({ isComplete }) => isComplete);
  const of = (key) => complete.map((result) => result[key]);
  print({
    scenario: name,
    replies: results.length,
    complete: complete.length,
    selfInflicted429: tally.limited,
    injectedFaults: tally.injected,
    firstP50: rounded(percentile(of("first"), 0.5)),
    ...tailOf("first", of("first"), rounded),
    lastP50: rounded(percentile(of("last"), 0.5)),
    ...tailOf("last", of("last"), rounded),
    ...tailOf("interactionMs", deferralsMs, Math.round),
    ...noted,
  });
}

/** What a thousand channels cost in which people talk, over one in which they say as much. */
async function memory(print) {
  const measured = [];
  const MESSAGES = 100_000;
  for (const count of [1, 1_000]) {
    const channels = ids(count);
    const scene = await stage({ channels, roundTripMs: () => 2, isInspected: true });
    for (let said = 0; said < MESSAGES; said++) {
      const author = String(800_000_000_000_000_000n + BigInt(said % 5_000));
      scene.discord.say(channels[said % count], `some words that somebody says, number ${said}`, author);
      if (said % 500 === 0) await pause(20);
    }
    for (let index = 0; index < 20; index++) await ask(scene, channels[(index * 50) % count], 2);
    await pause(3_000);
    measured.push({ residentMb: scene.bot.residentMb(), heldMb: await scene.bot.heldMb() });
    await scene.close();
  }
  const [one, thousand] = measured;
  print({
    scenario: "memory",
    messages: MESSAGES,
    // What is resident holds garbage that was not collected yet, as much as there is room for.
    residentMbOneChannel: Math.round(one.residentMb),
    residentMbThousandChannels: Math.round(thousand.residentMb),
    heldMbOneChannel: rounded(one.heldMb),
    heldMbThousandChannels: rounded(thousand.heldMb),
    mbPerThousandChannels: rounded(thousand.heldMb - one.heldMb),
  });
}

/** Some calls fail, and Discord limits some that kept their bucket, as it does when others use it up. */
function troubles() {
  let calls = 0;
  return (method, path) => {
    if (!/\/messages(\/\d+)?$/.test(path) || method === "GET") return undefined;
    calls += 1;
    if (calls % 17 === 0) return { status: 503, body: { message: "unavailable" } };
    if (calls % 23 !== 0) return undefined;
    const headers = { "x-ratelimit-scope": "shared", "retry-after": "1" };
    return { status: 429, body: { message: "limited", retry_after: 0.7, global: false }, headers };
  };
}

/**
 * CPU of a reply of 300 tokens, of the whole process over gateway and REST, over the openai SDK alone reading as many of
 * the same streams; and the Chat SDK's bot on the same services. All are measured in turns, since the machine's speed
 * changes.
 */
async function cpu(print) {
  const tokens = 300;
  const replies = 2;
  const model = await serve(tokens);
  const isBeside = await hasPeers(print);
  const whole = Array.from({ length: tokens }, (_, token) => `word${token % 10}`).join(" ");
  for (const channels of process.env.BENCH_CHANNELS?.split(",").map(Number) ?? [10, 50, 150]) {
    const rounds = [];
    let complete = 0;
    const peer = { complete: 0, limited: 0 };
    const tally = { limited: 0 };
    for (let round = 0; round < ROUNDS; round++) {
      const sdk = await measure("sdk", { url: model.url, channels, replies });
      const { discord, bot, close } = await stage({ channels: ids(channels), roundTripMs: () => ROUND_TRIP_MS, model });
      const answerAll = (count) =>
        Promise.all(
          ids(channels).map(async (channel) => {
            for (let reply = 0; reply < count; reply++)
              await discord.ended(discord.say(channel, discord.mention("Tell me something.")));
          }),
        );
      await answerAll(1); // warm
      const before = bot.cpuMs();
      await answerAll(replies);
      const cpuMs = (bot.cpuMs() - before) / (channels * replies);
      complete += [...discord.messages.values()].filter(({ content }) => content?.startsWith(whole)).length;
      tally.limited += discord.tally.limited;
      await close();
      const chatSdk = isBeside ? await chatSdkCpu({ channels, replies, model, whole }) : undefined;
      peer.complete += chatSdk?.complete ?? 0;
      peer.limited += chatSdk?.limited ?? 0;
      const chatSdkCpuMs = chatSdk?.cpuMs ?? Number.NaN;
      const ratios = { ratio: cpuMs / sdk.cpuMsPerReply, chatSdkRatio: chatSdkCpuMs / sdk.cpuMsPerReply };
      rounds.push({ cpuMs, sdkCpuMs: sdk.cpuMsPerReply, chatSdkCpuMs, ...ratios });
    }
    const median = (key) =>
      rounded(
        percentile(
          rounds.map((one) => one[key]),
          0.5,
        ),
      );
    print({
      scenario: "cpu",
      channels,
      ratio: median("ratio"),
      target: channels > 50 ? 1.6 : 1.5,
      cpuMsPerReply: median("cpuMs"),
      sdkCpuMsPerReply: median("sdkCpuMs"),
      tokens,
      rounds: ROUNDS,
      complete: rounded(complete / (rounds.length * channels * (replies + 1))),
      selfInflicted429: tally.limited,
      ...(isBeside && {
        chatSdkRatio: median("chatSdkRatio"),
        chatSdkCpuMsPerReply: median("chatSdkCpuMs"),
        chatSdkComplete: rounded(peer.complete / (rounds.length * channels * (replies + 1))),
        chatSdk429: peer.limited,
      }),
    });
  }
  await model.close();
}

/** What the bot takes while nobody says anything, of the whole process. */
async function idle(print) {
  const channels = 1_000;
  const { bot, close } = await stage({ channels: ids(channels), roundTripMs: () => ROUND_TRIP_MS });
  await pause(10_000);
  const before = bot.cpuMs();
  await pause(60_000);
  print({ scenario: "idle", channels, cpuMsPerMinute: bot.cpuMs() - before, target: 150 });
  await close();
}

const upTo = (count) => Array.from({ length: count }, (_, index) => index);

export async function run(print) {
  const only = process.env.BENCH_ONLY;
  /** @type {readonly Scenario[]} */
  const scenarios = [
    { name: "1 channel", perRound: upTo(1), rounds: 10 },
    { name: "8 channels", perRound: upTo(8), rounds: 4 },
    { name: "20 channels", perRound: upTo(20), rounds: 4 },
    { name: "3 replies in one channel", perRound: [0, 0, 0], rounds: 6 },
    { name: "20 channels, with 429 and 503 injected", perRound: upTo(20), rounds: 2, faultOf: troubles() },
  ];
  for (const one of scenarios) if (!only || one.name.includes(only)) await scenario(print, one);
  if (!only || "rising round trip".includes(only)) {
    const startedAt = performance.now();
    const share = () => Math.min(1, Math.max(0, (performance.now() - startedAt - 3_000) / 25_000));
    const roundTripMs = () => ROUND_TRIP_MS + share() * (SLOWEST_MS - ROUND_TRIP_MS);
    await scenario(print, {
      name: "8 channels, rising round trip",
      perRound: upTo(8),
      rounds: 7,
      roundTripMs,
      roundTripToMs: SLOWEST_MS,
    });
  }
  if (!only || only === "cpu") await cpu(print);
  if (!only || only === "idle") await idle(print);
  if (!only || only === "memory") await memory(print);
}
