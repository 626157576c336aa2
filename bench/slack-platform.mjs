// A Slack workspace on loopback for the benchmark: its tiers as token buckets per workspace and method, a round trip of
// so many ms, Socket Mode, and failures that are dealt out by a fixed sequence. What it does not measure it takes as it comes.
import { createServer } from "node:http";
import { performance } from "node:perf_hooks";
import { WebSocketServer } from "ws";
import { portOf } from "./port-of.mjs";

const TEAM = "T0BENCH";
const BOT = "U0BOT";
/** Calls a minute; posting is one a second and channel. */
const PER_MINUTE = {
  "chat.update": 50,
  "chat.startStream": 20,
  "chat.appendStream": 100,
  "chat.stopStream": 20,
  "reactions.add": 50,
  "reactions.remove": 20,
  "users.info": 100,
  "conversations.replies": 50,
  "agents.sessions.setStatus": 50,
};

/**
 * Every `failEvery`th call of a chat method fails, by turns with 429 and with 500; 0: none does. `burst`: the part of a
 * minute's calls that may come at once.
 */
export async function startPlatform({ roundTripMs, failEvery = 0, absent = [], burst = 1 }) {
  const messages = new Map();
  const buckets = new Map();
  const sockets = new Set();
  const refusals = { injected: 0, limited: 0, methods: /** @type {string[]} */ ([]) };
  let count = 0;
  let chatCalls = 0;
  let turn = 0;

  const take = (method, channel) => {
    const isPost = method === "chat.postMessage";
    const limit = isPost ? 1 : PER_MINUTE[method];
    if (limit === undefined) return true;
    const perMs = isPost ? 1 / 1_000 : limit / 60_000;
    const name = isPost ? `${method} ${channel}` : method;
    const now = performance.now();
    const most = Math.max(1, Math.floor(limit * burst));
    const bucket = buckets.get(name) ?? { tokens: most, at: now };
    bucket.tokens = Math.min(most, bucket.tokens + (now - bucket.at) * perMs);
    bucket.at = now;
    buckets.set(name, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  };
  let newest = 0;
  /** The time to the microsecond, later than that of any message before. */
  const nextTs = () => {
    newest = Math.max(newest, Date.now() * 1_000) + 1;
    return `${Math.floor(newest / 1e6)}.${String(newest % 1e6).padStart(6, "0")}`;
  };
  const textOf = ({ blocks, text }) =>
    (JSON.parse(blocks ?? "[]").find(({ type }) => type === "markdown")?.text ?? text ?? "").replaceAll("&lt;", "<");
  const show = (message, text, isNew = false) => {
    message.text = text;
    if (isNew || message.firstAt === undefined) message.firstAt = performance.now();
    message.lastAt = performance.now();
  };
  const add = ({ channel, thread_ts }, text) => {
    const message = { channel, ts: nextTs(), thread: thread_ts, edits: 0, isStreaming: false };
    messages.set(message.ts, message);
    if (text !== "") show(message, text, true);
    return message;
  };
  const ok = (more = {}) => ({ ok: true, ...more });
  const no = (error) => ({ ok: false, error });

  const METHODS = {
    "auth.test": () => ok({ team_id: TEAM, user_id: BOT, bot_id: "B0BOT", team: "Bench", user: "evergreen" }),
    "apps.connections.open": () => ok({ url: `ws://127.0.0.1:${portOf(server)}/link?ticket=${++count}` }),
    "users.info": ({ user }) => ok({ user: { id: user, team_id: TEAM, name: "ada", is_admin: true } }),
    "reactions.add": () => ok(),
    "reactions.remove": () => ok(),
    "agents.sessions.setStatus": () => ok(),
    "chat.postMessage": (given) => {
      const { channel, ts } = add(given, textOf(given));
      return ok({ channel, ts });
    },
    "chat.update": (given) => {
      const message = messages.get(given.ts);
      if (message === undefined) return no("message_not_found");
      if (message.isStreaming) return no("streaming_state_conflict");
      show(message, textOf(given));
      message.edits += 1;
      return ok({ channel: given.channel, ts: given.ts });
    },
    "chat.startStream": (given) => {
      if (!given.recipient_team_id || !given.recipient_user_id) return no("missing_recipient_user_id");
      const message = add(given, (given.markdown_text ?? "").replaceAll("&lt;", "<"));
      message.isStreaming = true;
      return ok({ channel: given.channel, ts: message.ts });
    },
    "chat.appendStream": (given) => {
      const message = messages.get(given.ts);
      if (!message?.isStreaming) return no("message_not_in_streaming_state");
      show(message, message.text + given.markdown_text.replaceAll("&lt;", "<"));
      message.edits += 1;
      return ok();
    },
    "chat.stopStream": (given) => {
      const message = messages.get(given.ts);
      if (!message?.isStreaming) return no("message_not_in_streaming_state");
      if (given.markdown_text) show(message, (message.text ?? "") + given.markdown_text.replaceAll("&lt;", "<"));
      message.isStreaming = false;
      return ok();
    },
  };
  /** Status, body and headers; the call is carried out at this moment, half a round trip after it was sent. */
  const answer = (method, given) => {
    if (method.startsWith("chat.") && failEvery > 0 && ++chatCalls % failEvery === 0) {
      refusals.injected += 1;
      if ((chatCalls / failEvery) % 2 === 0) return [500, no("internal_error")];
      return [429, no("ratelimited"), { "retry-after": "1" }];
    }
    if (!take(method, given.channel)) {
      refusals.limited += 1;
      refusals.methods.push(method);
      return [429, no("ratelimited"), { "retry-after": "1" }];
    }
    return [200, absent.includes(method) ? no("unknown_method") : (METHODS[method]?.(given) ?? no("unknown_method"))];
  };
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const given = Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()));
    const method = (request.url ?? "").replace(/^\/api\//, "");
    setTimeout(() => {
      const [status, body, headers = {}] = answer(method, given);
      setTimeout(() => {
        response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
      }, roundTripMs / 2);
    }, roundTripMs / 2);
  });
  const hub = new WebSocketServer({ noServer: true });
  server.on("upgrade", (request, stream, head) =>
    hub.handleUpgrade(request, stream, head, (socket) => {
      socket.on("close", () => sockets.delete(socket));
      socket.on("error", () => {});
      socket.send(JSON.stringify({ type: "hello", num_connections: 1, connection_info: {}, debug_info: {} }));
      sockets.add(socket);
    }),
  );
  server.listen(0, "127.0.0.1");
  await new Promise((done) => server.once("listening", done));

  return {
    apiUrl: `http://127.0.0.1:${portOf(server)}/api/`,
    refusals,
    isConnected: () => sockets.size > 0,
    /** Says something to the bot; the message's ts. */
    mention(channel, text) {
      const ts = nextTs();
      const event = { type: "app_mention", channel, user: "U0ADA", text: `<@${BOT}> ${text}`, ts };
      const payload = { type: "event_callback", team_id: TEAM, event_id: `Ev${ts}`, event };
      const socket = [...sockets][turn++ % sockets.size]; // as Slack spreads them
      socket.send(JSON.stringify({ type: "events_api", envelope_id: `e${ts}`, payload }));
      return ts;
    },
    /** The bot's messages in a thread, oldest first. */
    answers: (thread) => [...messages.values()].filter((message) => message.thread === thread),
    async close() {
      for (const socket of sockets) socket.terminate();
      hub.close();
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
