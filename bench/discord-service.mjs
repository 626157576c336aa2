// Discord on loopback for the benchmark: buckets that are counted when a call arrives and told in the answer's headers, a
// round trip that the benchmark sets, faults that it injects, and a gateway. It judges rates and nothing else.
import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { portOf } from "./port-of.mjs";

const BOT = "900000000000000001";
const SERVER = "900000000000000003";
const DONE = `/reactions/${encodeURIComponent("✅")}/`;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** By the route: how many in how long, per channel. */
/** @type {readonly (readonly [pattern: RegExp, name: string, limit: number, windowMs: number])[]} */
const LIMITS = [
  [/^PUT .*\/reactions\/|^DELETE .*\/reactions\//, "react", 1, 250],
  [/^POST \/channels\/\d+\/messages$/, "post", 5, 5_000],
  [/^PATCH \/channels\/\d+\/messages\/\d+$/, "edit", 5, 5_000],
  [/^POST \/channels\/\d+\/typing$/, "typing", 5, 5_000],
];
const GLOBAL = [50, 1_000];

/**
 * @typedef {{ status: number, body: object, headers?: object }} Fault
 * @typedef {(method: string | undefined, path: string) => Fault | undefined} FaultOf
 */

/** @param {{ roundTripMs: () => number, faultOf?: FaultOf | undefined, channels: readonly string[] }} terms */
export async function startDiscordService({ roundTripMs, faultOf = () => undefined, channels }) {
  const windows = new Map();
  const messages = new Map();
  const threads = new Map();
  const tally = { calls: 0, limited: 0, injected: 0 };
  const acknowledged = new Map();
  const ended = new Map();
  let lastId = 1_000_000_000_000_000_000n;
  const newId = () => String(++lastId);

  /** A window opens with its first call, and counts again when it is over. */
  const count = (key, limit, windowMs) => {
    const now = performance.now();
    let window = windows.get(key);
    if (window === undefined || window.endsAt <= now) {
      window = { endsAt: now + windowMs, used: 0 };
      windows.set(key, window);
    }
    window.used += 1;
    return { isOver: window.used > limit, remaining: Math.max(0, limit - window.used), resetMs: window.endsAt - now };
  };
  /** @returns {{ status: number, headers: object, resetMs?: number, isGlobal?: boolean }} */
  const judge = (method, path) => {
    // Interactions don't count into the limit of all.
    const isApart = /^\/(interactions|webhooks)\//.test(path);
    const [globalLimit, globalMs] = GLOBAL;
    const all = isApart ? { isOver: false, resetMs: 0 } : count("global", globalLimit, globalMs);
    if (all.isOver)
      return { status: 429, isGlobal: true, resetMs: all.resetMs, headers: { "x-ratelimit-global": "true" } };
    const found = LIMITS.find(([pattern]) => pattern.test(`${method} ${path}`));
    if (found === undefined) return { status: 200, headers: {} };
    const [, name, limit, windowMs] = found;
    const { isOver, remaining, resetMs } = count(`${name} ${path.split("/")[2]}`, limit, windowMs);
    return {
      status: isOver ? 429 : 200,
      resetMs,
      headers: {
        "x-ratelimit-limit": String(limit),
        "x-ratelimit-remaining": String(remaining),
        "x-ratelimit-reset-after": String(resetMs / 1_000),
        "x-ratelimit-bucket": `hash-of-${name}`,
      },
    };
  };
  const act = (method, path, body) => {
    const [, channel, id] = /^\/channels\/(\d+)\/messages(?:\/(\d+))?/.exec(path) ?? [];
    const seenAt = performance.now();
    if (path === "/gateway/bot") {
      const session_start_limit = { total: 1000, remaining: 999, reset_after: 1, max_concurrency: 16 };
      return { url: `ws://127.0.0.1:${portOf(server)}`, shards: 1, session_start_limit };
    }
    if (/^\/interactions\//.test(path)) return acknowledged.get(path.split("/")[3])?.(seenAt);
    if (/^\/channels\/\d+$/.test(path)) {
      const id = path.split("/")[2];
      return threads.get(id) ?? { id, type: 0, guild_id: SERVER };
    }
    if (path.includes("/commands")) return method === "GET" ? [] : body;
    if (method === "PUT" && path.includes(DONE)) ended.get(id)?.();
    if (channel === undefined || path.includes("/reactions")) return {};
    if (path.endsWith("/threads")) {
      threads.set(id, { id, type: 11, guild_id: SERVER, parent_id: channel, name: "thread" });
      return threads.get(id);
    }
    if (method === "GET") return messages.get(id) ?? {};
    const message = messages.get(id) ?? {
      id: newId(),
      channel,
      replyTo: body.message_reference?.message_id,
      shown: [],
    };
    messages.set(message.id, message);
    message.content = body.content;
    message.shown.push({ at: seenAt, content: body.content, roundTripMs: roundTripMs() });
    return { id: message.id, channel_id: channel, content: body.content };
  };
  const answer = async (method, path, body) => {
    const half = roundTripMs() / 2;
    await pause(half);
    tally.calls += 1;
    const verdict = judge(method, path);
    const fault = verdict.status === 200 ? faultOf(method, path) : undefined;
    let result = { status: 200, body: {}, headers: verdict.headers };
    if (verdict.status === 429) {
      tally.limited += 1;
      const retry_after = (verdict.resetMs ?? 0) / 1_000;
      result = { ...result, status: 429, body: { message: "limited", retry_after, global: verdict.isGlobal ?? false } };
    } else if (fault !== undefined) {
      tally.injected += 1;
      result = { ...result, ...fault, headers: { ...result.headers, ...fault.headers } };
    } else result.body = act(method, path, body);
    await pause(half);
    return result;
  };
  const server = createServer(async (incoming, response) => {
    const chunks = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const path = (incoming.url ?? "").replace(/\?.*/, "").replace(/^\/api(\/v10)?/, "");
    const { status, body, headers } = await answer(
      incoming.method,
      path,
      chunks.length > 0 ? JSON.parse(chunks.join("")) : {},
    );
    response.writeHead(body === undefined ? 204 : status, { "content-type": "application/json", ...headers });
    response.end(body === undefined ? undefined : JSON.stringify(body));
  });
  const sockets = new WebSocketServer({ server });
  const greeted = new WeakSet();
  let sequence = 0;
  let isReady = false;
  const send = (frame) => {
    const text = JSON.stringify(frame);
    for (const socket of sockets.clients) socket.send(text);
  };
  const dispatch = (t, d) => send({ op: 0, s: ++sequence, t, d });
  sockets.on("connection", (socket) => {
    socket.send(JSON.stringify({ op: 10, d: { heartbeat_interval: 41_250 } }));
    socket.on("message", (data) => {
      const { op } = JSON.parse(String(data));
      if (op === 1) socket.send(JSON.stringify({ op: 11 }));
      if (op !== 2) return;
      greeted.add(socket);
      const user = { id: BOT, username: "evergreen", discriminator: "0", bot: true };
      const application = { id: "900000000000000002", flags: 0 };
      const guilds = [{ id: SERVER, unavailable: true }];
      dispatch("READY", {
        v: 10,
        user,
        guilds,
        session_id: "1",
        resume_gateway_url: `ws://127.0.0.1:${portOf(server)}`,
        application,
      });
      dispatch("GUILD_CREATE", serverOf(channels));
      isReady = true;
    });
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", () => done(undefined)));
  return {
    url: `http://127.0.0.1:${portOf(server)}/api`,
    tally,
    messages,
    newId,
    isReady: () => isReady,
    /** Whether somebody who is connected now has been greeted. */
    isConnected: () => [...sockets.clients].some((socket) => greeted.has(socket)),
    say(channel, text, author = "800000000000000001") {
      const id = newId();
      const mentions = text.includes(`<@${BOT}>`) ? [{ id: BOT, username: "evergreen" }] : [];
      dispatch("MESSAGE_CREATE", {
        id,
        type: 0,
        channel_id: channel,
        guild_id: SERVER,
        content: text,
        mentions,
        attachments: [],
        embeds: [],
        author: { id: author, username: `person ${author}`, global_name: null, discriminator: "0" },
        member: { roles: [], nick: null, joined_at: "2026-01-01T00:00:00Z", flags: 0 },
        timestamp: "2026-01-01T00:00:00Z",
      });
      return id;
    },
    mention: (text) => `<@${BOT}> ${text}`,
    /** Resolves when a question bears its end mark. */
    ended: (question) => new Promise((done) => ended.set(question, done)),
    /** A person types into an option with autocomplete; resolves with how long the first answer took until it arrived. */
    interact(type, channel, data) {
      const token = `token${newId()}`;
      const askedAt = performance.now();
      const taken = new Promise((done) => acknowledged.set(token, (at) => void done(at - askedAt)));
      const user = { id: "800000000000000001", username: "ada" };
      const member = { user, roles: [], permissions: "0" };
      dispatch("INTERACTION_CREATE", {
        id: newId(),
        application_id: "900000000000000002",
        type,
        token,
        channel_id: channel,
        guild_id: SERVER,
        channel: { id: channel, type: 0 },
        member,
        data,
        version: 1,
      });
      return taken;
    },
    async close() {
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

function serverOf(channels) {
  const text = (id) => ({
    id,
    type: 0,
    guild_id: SERVER,
    name: `c${id}`,
    position: 0,
    permission_overwrites: [],
    parent_id: null,
    topic: "what is talked about here",
    nsfw: false,
  });
  return {
    id: SERVER,
    name: "bench",
    owner_id: "1",
    joined_at: "2026-01-01T00:00:00Z",
    unavailable: false,
    member_count: 3,
    roles: [
      {
        id: SERVER,
        name: "@everyone",
        permissions: "1024",
        color: 0,
        hoist: false,
        position: 0,
        managed: false,
        mentionable: false,
      },
    ],
    channels: channels.map(text),
    threads: [],
    members: [],
    presences: [],
    voice_states: [],
    stage_instances: [],
    emojis: [],
    stickers: [],
    features: [],
  };
}
