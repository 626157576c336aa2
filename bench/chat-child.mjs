// One measurement of the chat in a process of its own: `node chat-child.mjs PART JSON`, answers with one JSON line.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { systemClock as clock } from "#bot/base/clock.js";
import { createChat } from "#bot/bot/turn/chat.js";
import { createChatParts } from "#bot/bot/turn/turn-deps.js";
import { isChatModel } from "#bot/providers/openai-wire/model-row.js";
import { createOpenAiProvider } from "#bot/providers/openai-wire/openai-provider.js";
import { createQuota } from "#bot/quota/quota.js";
import { createAllowedModels } from "#bot/refresh/choose/allowed-models.js";
import { createSettings } from "#bot/refresh/settings.js";
import { deferWrites } from "#bot/store/deferred-writes.js";
import { openStore } from "#bot/store/open-store.js";
import { createSessions } from "#bot/store/sessions/sessions.js";
import { sqliteStore } from "#bot/store/sqlite/sqlite.js";
import { createBudgets } from "#bot/usage/budgets/budgets.js";
import { createLedger } from "#bot/usage/ledger.js";
import { createModelFacts } from "#bot/usage/model-facts.js";
import { createQuestionLimits } from "#bot/usage/question-limits.js";
import { createVotes } from "#bot/usage/votes.js";

/** As on a platform 60 ms away, with Discord's length of a message and about its pace of edits. */
const ROUND_TRIP_MS = 60;
const EDIT_GAP_MS = 1_000;
const MAX_MESSAGE_CHARS = 2_000;
const log = {
  debug() {},
  info() {},
  warn: (fields) => console.error(fields),
  error: (fields) => console.error(fields),
};
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** What the bot shows: the texts of each question's messages, and when its end mark came. */
function createPlatform(roundTripMs = ROUND_TRIP_MS) {
  const shown = new Map();
  const ends = new Map();
  let next = 0;
  const reach = () => (roundTripMs === 0 ? Promise.resolve() : pause(roundTripMs));
  return {
    name: "bench",
    limits: { maxMessageChars: MAX_MESSAGE_CHARS, minEditGapMs: EDIT_GAP_MS },
    async post(channel, reply, { replyTo }) {
      await reach();
      const texts = shown.get(replyTo.message) ?? new Map();
      shown.set(replyTo.message, texts);
      const key = { ...channel, message: `bot-${next++}` };
      texts.set(key.message, (typeof reply === "function" ? reply() : reply).markdown);
      return {
        platform: "bench",
        workspace: "w",
        channel: channel.channel,
        message: key.message,
        question: replyTo.message,
      };
    },
    async edit(message, reply) {
      const { markdown } = typeof reply === "function" ? reply() : reply;
      await reach();
      shown.get(message.question).set(message.message, markdown);
    },
    async mark({ message }, mark) {
      await reach();
      if (mark === "working" || mark === "waiting") return;
      ends.get(message)?.();
      ends.delete(message);
    },
    textOf: (question) => [...(shown.get(question)?.values() ?? [])].join(""),
    /** Resolves with the end mark. */
    ended: (question) => new Promise((done) => ends.set(question, done)),
  };
}

/** @param {(verb: string) => void} [countWrite] */
async function createWorld(provider, platform, countWrite = () => {}) {
  const folder = mkdtempSync(join(tmpdir(), "evergreen-bench-"));
  const opened = await openStore(`sqlite://${join(folder, "bench.sqlite")}`, [sqliteStore]);
  const counted =
    (verb) =>
    (...terms) => {
      countWrite(verb);
      return opened[verb](...terms);
    };
  const writes = Object.fromEntries(
    ["write", "writeOnce", "swap", "claim", "commit"].map((verb) => [verb, counted(verb)]),
  );
  const counting = {
    ...opened,
    ...writes,
    values(table) {
      const values = opened.values(table);
      const rowWrite =
        (verb) =>
        (...terms) => {
          countWrite(verb);
          return values[verb](...terms);
        };
      return { ...values, set: rowWrite("set"), delete: rowWrite("delete") };
    },
  };
  const { store, defer } = deferWrites(counting, log);
  const sessions = createSessions({ store, now: clock.now });
  const snapshot = { providers: new Map(), fetching: new Set() };
  // What a chat asks of it; all else would be the refresh itself.
  /** @type {Partial<import("#bot/refresh/refresher.js").Refresher>} */
  const asked = {
    snapshot: () => snapshot,
    status: () => ({
      indicator: "fresh",
      isFresh: true,
      hasLists: true,
      lastRefreshAt: null,
      nextRefreshAt: null,
      providers: [],
    }),
    noteActivity() {},
    noteUse() {},
  };
  const refresher = /** @type {import("#bot/refresh/refresher.js").Refresher} */ (asked);
  const ledger = createLedger({ store, clock });
  const modelFacts = createModelFacts();
  const settings = createSettings({ store, host: { isEnabled: false, intervalMs: 300_000 }, log });
  const lists = { snapshot: () => snapshot, onChange: () => () => {} };
  const allowed = createAllowedModels({ refresher: lists, settings, modelFacts, host: {} });
  const setups = [{ id: "openai", baseUrl: "https://api.openai.com/v1", key: "key" }];
  const shared = { store, hasPeers: () => false, findPeers: async () => false, defer };
  const chat = createChat({
    ...shared,
    ...createChatParts(
      { clock, allowed },
      {
        providers: [],
        limits: { userPer10Min: 0, channelPer10Min: 0, providerConcurrency: 0 },
        chat: {
          defaultModel: undefined,
          systemPrompt: "Be kind.",
          historyTokens: 16_000,
          historyMessages: 50,
          retentionDays: 90,
          auditDays: 90,
          timeoutMs: 60_000,
          catchUpMs: 0,
        },
      },
    ),
    budgets: createBudgets({ store, ledger, settings, host: [], clock }),
    questionLimits: createQuestionLimits({ ...shared, terms: { userPer10Min: 0, channelPer10Min: 0 }, clock }),
    sessions,
    refresher,
    settings,
    allowed,
    modelFacts,
    surfaces: [{ platform }],
    ledger,
    votes: createVotes({ store, clock }),
    quota: createQuota({
      ...{ setups, budgets: [], ledger, store, fetch, clock, log },
      ...{ timeoutMs: 10_000, hasPeers: () => false },
    }),
    providers: new Map([["openai", provider]]),
    setups: [],
    defaultModel: () => ({ provider: "openai", model: "gpt-4o" }),
    owner: "bench/1/x",
    clock,
    log,
    newReference: () => "ref",
    onTurn() {},
  });
  return {
    chat,
    sessions,
    store,
    ledger,
    async ask(channel, message) {
      const ended = platform.ended(message);
      await chat.onMention(platform, {
        message: { platform: "bench", workspace: "w", channel, message },
        author: { id: "ada", name: "Ada" },
        text: "Tell me something.",
        isDirect: false,
        isOperator: false,
      });
      await ended;
    },
    async close() {
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const openAi = (baseUrl) =>
  createOpenAiProvider(
    { id: "openai", baseUrl, key: "k", isChat: isChatModel, tokenLimit: "max_tokens" },
    { clock, warn() {} },
  );

/** CPU of this process for `work`, in ms. */
async function cpuOf(work) {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

const inChannels = (channels, work) => Promise.all(Array.from({ length: channels }, (_unused, index) => work(index)));

const parts = {
  /** The SDK alone: what every bot on it pays. */
  async sdk({ url, channels, replies }) {
    const { OpenAI } = await import("openai");
    const client = new OpenAI({ apiKey: "k", baseURL: url, maxRetries: 0 });
    const reply = async () => {
      const stream = await client.chat.completions.create({
        model: "gpt-4o",
        messages: [{ role: "user", content: "Tell me something." }],
        stream: true,
        stream_options: { include_usage: true },
      });
      let text = "";
      for await (const chunk of stream) text += chunk.choices[0]?.delta?.content ?? "";
      return text;
    };
    await inChannels(channels, reply); // warm
    const cpuMs = await cpuOf(() =>
      inChannels(channels, async () => {
        for (let index = 0; index < replies; index++) await reply();
      }),
    );
    return { cpuMsPerReply: cpuMs / (channels * replies) };
  },

  async chat({ url, channels, replies }) {
    const platform = createPlatform();
    const world = await createWorld(openAi(url), platform);
    await inChannels(channels, (channel) => world.ask(`c${channel}`, `warm-${channel}`));
    const cpuMs = await cpuOf(() =>
      inChannels(channels, async (channel) => {
        for (let index = 0; index < replies; index++) await world.ask(`c${channel}`, `q-${channel}-${index}`);
      }),
    );
    await world.close();
    return { cpuMsPerReply: cpuMs / (channels * replies) };
  },

  /** Many answers at once, each to its last character. */
  async streams({ url, channels, expected }) {
    const platform = createPlatform();
    const world = await createWorld(openAi(url), platform);
    await world.ask("warm", "warm");
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    await inChannels(channels, (channel) => world.ask(`c${channel}`, `q-${channel}`));
    delay.disable();
    const lost = Array.from({ length: channels }, (_unused, channel) => {
      // Breaks between messages are white space of the answer itself.
      return expected.length - platform.textOf(`q-${channel}`).length;
    });
    await world.close();
    return {
      loopDelayP99Ms: delay.percentile(99) / 1e6,
      charactersLost: lost.reduce((sum, each) => sum + Math.abs(each), 0),
    };
  },

  /** CPU of a token in answers of some length, without sockets: what grows with the text shows here. */
  async token({ tokens, answers }) {
    const provider = {
      id: "openai",
      async *streamChat() {
        for (let token = 0; token < tokens; token++) {
          if (token % 20 === 0) await new Promise(setImmediate);
          yield { type: "text-delta", text: `word${token % 10} ` };
        }
        yield { type: "finish", reason: "stop" };
      },
    };
    const world = await createWorld(provider, createPlatform(0));
    for (let index = 0; index < 3; index++) await world.ask(`warm${index}`, `warm-${index}`);
    const cpuMs = await cpuOf(async () => {
      for (let index = 0; index < answers; index++) await world.ask(`c${index}`, `q-${index}`);
    });
    await world.close();
    return { cpuUsPerToken: (cpuMs * 1_000) / (tokens * answers) };
  },

  /** Saving a turn of a conversation whose history has some bytes already. */
  /** What a turn costs the store: the question is stored, held in its budgets where it has some, ended and closed. */
  async budget({ isLimited, rounds }) {
    const writes = [];
    const world = await createWorld({ id: "openai", async *streamChat() {} }, createPlatform(0), (verb) =>
      writes.push(verb),
    );
    const perDay = /** @type {const} */ ({ amount: 1e9, unit: "usd", per: "day", setAt: 0 });
    const own = isLimited ? { person: perDay, channel: perDay, workspace: perDay } : {};
    const settings = { of: () => ({ budgets: own }) };
    const budgets = createBudgets({ store: world.store, ledger: world.ledger, settings, host: [], clock });
    const conversation = "bench:w:c";
    const times = [];
    for (let index = 0; index < rounds; index++) {
      const id = `${conversation}:q-${index}`;
      const at = clock.now();
      const limits = budgets.limitsFor({
        platform: "bench",
        person: "ada",
        workspace: "bench:w",
        channel: conversation,
      });
      const question = {
        conversation,
        message: {},
        owner: "o",
        answer: null,
        author: "Ada",
        text: "q",
        at,
        ended: null,
      };
      const ending = /** @type {const} */ ("done");
      const turn = { question: { message: "q", author: "Ada", text: "q", at }, answer: "a", ending };
      const entry = {
        ...{ id, at, workspace: "bench:w", platform: "bench", user: { id: "ada", name: "Ada" }, provider: "openai" },
        ...{ model: "gpt-4o", inputTokens: 10, outputTokens: 10, cachedTokens: 0, costUsd: 0.01, isEstimated: false },
        ending,
      };
      const signal = new AbortController().signal;
      writes.length = 0;
      const startedAt = performance.now();
      await world.sessions.open(id, question);
      await budgets.reserve(limits, { id, cost: { usd: 1, tokens: 100 }, signal, onWait() {} });
      await budgets.settle(limits, { id, entry, name: "Ada" }, (settle) =>
        world.sessions.end(
          id,
          conversation,
          { ...turn, provider: "openai", model: "gpt-4o", usage: null, endedAt: at },
          { writes: [world.ledger.writeOf(entry)], settle },
        ),
      );
      await world.sessions.close(id);
      times.push(performance.now() - startedAt);
    }
    const sorted = times.sort((a, b) => a - b);
    await world.close();
    const p99Ms = sorted[Math.floor(rounds * 0.99)];
    return { medianMs: sorted[Math.floor(rounds / 2)], p99Ms, writesPerTurn: writes.length };
  },
  async save({ historyBytes, rounds }) {
    const writes = [];
    const world = await createWorld({ id: "openai", async *streamChat() {} }, createPlatform(0), (verb) =>
      writes.push(verb),
    );
    const conversation = "bench:w:c";
    /** @type {(bytes: number) => import("#bot/store/sessions/session-types.js").Turn} */
    const turn = (bytes) => ({
      question: { message: "q", author: "Ada", text: "a question", at: clock.now() },
      answer: "x".repeat(bytes),
      ending: "done",
      provider: "openai",
      model: "gpt-4o",
      usage: null,
      endedAt: clock.now(),
    });
    for (let left = historyBytes; left > 0; left -= 8_192)
      await world.sessions.end("h", conversation, turn(Math.min(left, 8_192)));
    const times = [];
    for (let index = 0; index < rounds; index++) {
      const id = `q-${index}`;
      await world.sessions.open(id, {
        conversation,
        message: {},
        owner: "o",
        answer: null,
        author: "Ada",
        text: "q",
        at: 0,
        ended: null,
      });
      writes.length = 0;
      const startedAt = performance.now();
      await world.sessions.end(id, conversation, turn(500));
      await world.sessions.close(id);
      times.push(performance.now() - startedAt);
    }
    const sorted = times.sort((a, b) => a - b);
    await world.close();
    return { medianMs: sorted[Math.floor(rounds / 2)], writesPerSave: writes.length };
  },

  /** What 1,000 conversations that have been talked in and rest now hold in memory. */
  async idle({ conversations }) {
    const provider = {
      id: "openai",
      async *streamChat() {
        yield { type: "text-delta", text: "An answer of some length. ".repeat(20) };
        yield { type: "finish", reason: "stop" };
      },
    };
    const platform = createPlatform(0);
    platform.post = async (channel) => ({ ...channel, message: "m" });
    platform.edit = async () => {};
    const world = await createWorld(provider, platform);
    const talk = async (from, to) => {
      for (let index = from; index < to; index++) await world.ask(`c${index}`, `q-${index}`);
    };
    /** At rest: what the last answers held is let go of within seconds. */
    const held = async () => {
      await pause(3_000);
      globalThis.gc?.();
      await pause(100);
      globalThis.gc?.();
      const { heapUsed, external, rss } = process.memoryUsage();
      return { bytes: heapUsed + external, rss };
    };
    // As many as the heap needs to have its size: its growth at first is not what they hold.
    await talk(0, 4 * conversations);
    const before = await held();
    await talk(4 * conversations, 5 * conversations);
    const after = await held();
    const bytes = after.bytes - before.bytes;
    const rssBytes = after.rss - before.rss;
    await world.close();
    return { heapMb: bytes / 2 ** 20, rssMb: rssBytes / 2 ** 20 };
  },
};

const [name = "", terms = "{}"] = process.argv.slice(2);
process.stdout.write(`${JSON.stringify(await parts[name](JSON.parse(terms)))}\n`);
process.exit(0);
