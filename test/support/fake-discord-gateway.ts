import type { Server } from "node:http";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import { APPLICATION_ID, BOT_ID, type FakeWorld, GUILD_ID, guildObject, userObject } from "./fake-discord-world.js";

/** https://discord.com/developers/docs/events/gateway#list-of-intents */
const INTENTS = {
  GUILD_MESSAGES: 1 << 9,
  GUILD_MESSAGE_REACTIONS: 1 << 10,
  DIRECT_MESSAGES: 1 << 12,
  DIRECT_MESSAGE_REACTIONS: 1 << 13,
  MESSAGE_CONTENT: 1 << 15,
};
const PRIVILEGED = (1 << 1) | (1 << 8) | INTENTS.MESSAGE_CONTENT;
const KNOWN_INTENTS = (1 << 26) - 1;

export interface GatewayOptions {
  readonly token: string;
  /** Privileged intents that the application was given. */
  readonly allowedPrivileged: number;
  /** Called between READY and the first server. */
  readonly onReady?: () => void;
  readonly heartbeatMs: number;
  /** One session start in so long; what comes sooner gets Invalid Session. */
  readonly identifyGapMs: number;
  /** Servers that nothing happens in. */
  readonly otherServers: number;
  /** Ids of further servers. */
  readonly servers: readonly string[];
  /** Lanes in which sessions start beside each other. */
  readonly maxConcurrency: number;
}

interface Session {
  readonly id: string;
  readonly intents: number;
  readonly shard: readonly [id: number, count: number];
  sequence: number;
  readonly events: { readonly s: number; readonly t: string; readonly d: object }[];
  socket: WebSocket | undefined;
}

/** Discord's gateway on the same server: sessions with replay, heartbeats, close codes. */
export function createFakeGateway(server: Server, world: FakeWorld, options: GatewayOptions) {
  const sockets = new WebSocketServer({ server });
  const sessions = new Map<string, Session>();
  const counts = { identifies: 0, refusedIdentifies: 0, resumes: 0, heartbeats: 0 };
  const presences: string[] = [];
  const closes: number[] = [];
  /** Closed from this side. */
  const ended = new WeakSet<WebSocket>();
  const others = Array.from({ length: options.otherServers }, () => quietServer(world));
  const identifiedAt = new Map<number, number>();
  let isIgnoringHeartbeats = false;
  let isRefusingResume = false;

  const send = (socket: WebSocket, frame: object) => socket.send(JSON.stringify(frame));
  const emit = (session: Session, t: string, d: object) => {
    session.sequence += 1;
    const event = { s: session.sequence, t, d };
    session.events.push(event);
    if (session.socket?.readyState === 1) send(session.socket, { op: 0, ...event });
  };
  const end = (socket: WebSocket, code: number) => {
    closes.push(code);
    ended.add(socket);
    socket.close(code);
  };

  const identify = (socket: WebSocket, d: Record<string, unknown>): Session | undefined => {
    const intents = Number(d.intents);
    counts.identifies += 1;
    const shard = shardFrom(d);
    const lane = (shard?.[0] ?? 0) % options.maxConcurrency;
    const isTooSoon = Date.now() - (identifiedAt.get(lane) ?? 0) < options.identifyGapMs;
    identifiedAt.set(lane, Date.now());
    if (isTooSoon) counts.refusedIdentifies += 1;
    if (isTooSoon) send(socket, { op: 9, d: false });
    else if (d.token !== options.token) end(socket, 4004);
    else if (!Number.isInteger(intents) || (intents & ~KNOWN_INTENTS) !== 0) end(socket, 4013);
    else if ((intents & PRIVILEGED & ~options.allowedPrivileged) !== 0) end(socket, 4014);
    else if (typeof d.properties !== "object") end(socket, 4002);
    else if (shard === undefined) end(socket, 4010);
    else {
      const session: Session = { id: world.newId(), intents, shard, sequence: 0, events: [], socket };
      sessions.set(session.id, session);
      const isHere = (id: string) => isToldOf(session, id);
      const [quiet, busy] = [others.filter(({ id }) => isHere(id)), [GUILD_ID, ...options.servers].filter(isHere)];
      emit(session, "READY", {
        v: 10,
        user: userObject(undefined, BOT_ID),
        guilds: [...busy, ...quiet.map(({ id }) => id)].map((id) => ({ id, unavailable: true })),
        shard,
        session_id: session.id,
        resume_gateway_url: address(),
        application: { id: APPLICATION_ID, flags: 0 },
      });
      options.onReady?.();
      for (const other of quiet) emit(session, "GUILD_CREATE", other);
      for (const id of busy) emit(session, "GUILD_CREATE", guildObject([...world.channels.values()], id));
      return session;
    }
    return undefined;
  };
  const resume = (socket: WebSocket, d: Record<string, unknown>): Session | undefined => {
    counts.resumes += 1;
    const session = sessions.get(String(d.session_id));
    if (d.token !== options.token) end(socket, 4004);
    else if (session === undefined || isRefusingResume) send(socket, { op: 9, d: false });
    else {
      session.socket = socket;
      for (const event of session.events.filter(({ s }) => s > Number(d.seq))) send(socket, { op: 0, ...event });
      emit(session, "RESUMED", {});
      return session;
    }
    return undefined;
  };
  const setPresence = (d: Record<string, unknown>) => {
    const [activity] = (d.activities ?? []) as { state?: string; name?: string; type?: number }[];
    presences.push(activity?.state ?? activity?.name ?? "");
  };

  sockets.on("connection", (socket) => {
    let session: Session | undefined;
    let received: number[] = [];
    let lastBeat = Date.now();
    const watch = setInterval(() => {
      if (Date.now() - lastBeat > options.heartbeatMs * 2.5) end(socket, 4009);
    }, options.heartbeatMs);
    socket.on("close", (code) => {
      clearInterval(watch);
      // With these a client says that its session is over.
      const isOver = !ended.has(socket) && (code === 1000 || code === 1001);
      if (isOver && session?.socket === socket) sessions.delete(session.id);
    });
    socket.on("error", () => {}); // the peer was cut off
    socket.on("message", (data: RawData) => {
      const now = Date.now();
      received = [...received.filter((at) => at > now - 60_000), now];
      if (received.length > 120) return end(socket, 4008);
      const frame = parse(data);
      if (frame === undefined) return end(socket, 4002);
      const d = (typeof frame.d === "object" && frame.d !== null ? frame.d : {}) as Record<string, unknown>;
      if (frame.op === 1) {
        if (frame.d !== null && typeof frame.d !== "number") return end(socket, 4002);
        lastBeat = now;
        counts.heartbeats += 1;
        if (!isIgnoringHeartbeats) send(socket, { op: 11 });
      } else if (frame.op === 2) {
        if (session !== undefined) return end(socket, 4005);
        session = identify(socket, d);
      } else if (frame.op === 6) session = resume(socket, d);
      else if (session === undefined) end(socket, 4003);
      else if (frame.op === 3) setPresence(d);
      else end(socket, 4001);
    });
    send(socket, { op: 10, d: { heartbeat_interval: options.heartbeatMs } });
  });

  const address = () => {
    const bound = server.address();
    return `ws://127.0.0.1:${typeof bound === "object" && bound !== null ? bound.port : 0}`;
  };
  const wants = ({ intents }: Session, t: string, isDirect: boolean) => {
    if (t === "MESSAGE_CREATE") return intents & (isDirect ? INTENTS.DIRECT_MESSAGES : INTENTS.GUILD_MESSAGES);
    if (t === "MESSAGE_REACTION_ADD")
      return intents & (isDirect ? INTENTS.DIRECT_MESSAGE_REACTIONS : INTENTS.GUILD_MESSAGE_REACTIONS);
    return 1;
  };
  return {
    url: address,
    counts,
    presences,
    closes,
    /** Sends an event to every session that asked for its kind; those that are cut off get it when they resume. */
    dispatch(t: string, d: object, isDirect = false, times = 1) {
      for (const session of sessions.values()) {
        if (!wants(session, t, isDirect) || !isToldOf(session, serverIn(d))) continue;
        for (let time = 0; time < times; time++) emit(session, t, visibleTo(session, t, d, isDirect));
      }
    },
    /** Sessions that are connected, of each shard. */
    sessions: () =>
      [...sessions.values()]
        .filter(({ socket }) => socket?.readyState === 1)
        .map(({ shard: [id] }) => id)
        .sort((a, b) => a - b),
    connected: () => [...sessions.values()].some(({ socket }) => socket?.readyState === 1),
    /** A frame as it stands, to everybody who is connected. */
    sendRaw(frame: string) {
      for (const socket of sockets.clients) socket.send(frame);
    },
    /** Cuts every connection: without a word, or with a close code. */
    drop(code?: number) {
      for (const socket of sockets.clients) {
        if (code === undefined) socket.terminate();
        else end(socket, code);
      }
    },
    forgetSessions: () => sessions.clear(),
    refuseResume(isRefused: boolean) {
      isRefusingResume = isRefused;
    },
    ignoreHeartbeats(isIgnored: boolean) {
      isIgnoringHeartbeats = isIgnored;
    },
    async close() {
      for (const socket of sockets.clients) socket.terminate();
      await new Promise((resolve) => sockets.close(resolve));
    },
  };
}

/** Undefined where it is no shard that there can be. */
function shardFrom({ shard = [0, 1] }: Record<string, unknown>): Session["shard"] | undefined {
  if (!Array.isArray(shard) || shard.length !== 2) return undefined;
  const [id, count] = shard.map(Number) as [number, number];
  return Number.isInteger(id) && Number.isInteger(count) && id >= 0 && id < count ? [id, count] : undefined;
}

/** https://discord.com/developers/docs/events/gateway#sharding-sharding-formula; without a server: direct messages. */
const isToldOf = ({ shard: [id, count] }: Session, server: string | undefined): boolean =>
  Number((BigInt(server ?? 0) >> 22n) % BigInt(count)) === id;

const serverIn = (d: object): string | undefined => (d as { guild_id?: string }).guild_id;

/** A server with 30 channels in which nobody ever wrote. */
function quietServer({ newId }: Pick<FakeWorld, "newId">) {
  const id = newId();
  const channels = Array.from({ length: 30 }, (_, index) => ({
    ...{ id: newId(), type: 0, guild_id: id, name: `channel-${index}`, position: index, last_message_id: null },
    ...{ topic: "t".repeat(200), permission_overwrites: [], parent_id: null, nsfw: false },
  }));
  return { ...guildObject([]), id, name: "Quiet server", channels };
}

/** Without the privileged intent, only direct messages and those that name the bot have their text. */
export function visibleTo({ intents }: Pick<Session, "intents">, t: string, d: object, isDirect: boolean): object {
  if (!t.startsWith("MESSAGE_CREATE") && t !== "MESSAGE_UPDATE") return d;
  if (isDirect || (intents & INTENTS.MESSAGE_CONTENT) !== 0) return d;
  const { author, mentions } = d as { author: { id: string }; mentions: readonly { id: string }[] };
  if (author.id === BOT_ID || mentions.some(({ id }) => id === BOT_ID)) return d;
  return {
    ...d,
    content: "",
    embeds: [],
    attachments: [],
    components: [],
    poll: undefined,
    message_snapshots: undefined,
  };
}

function parse(data: RawData): { op: unknown; d: unknown } | undefined {
  try {
    return JSON.parse(String(data));
  } catch {
    return undefined;
  }
}
