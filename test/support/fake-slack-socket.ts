import type { Server } from "node:http";
import { type WebSocket, WebSocketServer } from "ws";
import { APP_ID } from "./fake-slack-workspace.js";

/** Acknowledged with this response; undefined when that never came. */
export type Acknowledged = { readonly payload: unknown } | undefined;

export interface FakeSockets {
  /** An address that can be used once. */
  issueUrl(origin: string): string;
  /** Connections that take deliveries. */
  open(): number;
  /** Every connection ever made. */
  made(): number;
  /** Sends one envelope and waits for its acknowledgement, and for a connection where there is none. */
  send(envelope: { readonly envelope_id: string } & Record<string, unknown>, timeoutMs: number): Promise<Acknowledged>;
  /** From now on each delivery takes the next connection, as Slack spreads them. */
  spread(): void;
  /** From now on a new connection ends the others without a word. */
  keepNewestOnly(): void;
  sendRaw(data: string | Buffer): void;
  /** Asks to move, as Slack does every few hours; the old connections are cut after `graceMs`. */
  recycle(graceMs: number): void;
  /** Asks one connection to move, the oldest unless told otherwise; it is cut after `graceMs`, at once for 0. */
  recycleOne(reason: string, graceMs: number, which?: "oldest" | "newest"): void;
  /** Cuts all at once, without a word. */
  cut(): void;
  /** From now on nothing is read from the connections of this moment, as where a router on the way was restarted. */
  mute(): void;
  close(): void;
}

/** Of one app; Slack tells the one that is too much to go. */
const MOST_CONNECTIONS = 10;

/** The WebSocket half of Socket Mode. */
export function createSockets(server: Server): FakeSockets {
  const tickets = new Set<string>();
  const open = new Set<WebSocket>();
  const waiting = new Map<string, (acknowledged: Acknowledged) => void>();
  const wanting = new Set<(socket: WebSocket) => void>();
  let made = 0;

  const sockets = new WebSocketServer({ noServer: true });
  server.on("upgrade", (request, stream, head) => {
    const ticket = new URL(request.url ?? "/", "http://fake").searchParams.get("ticket") ?? "";
    if (!tickets.delete(ticket)) return stream.destroy();
    sockets.handleUpgrade(request, stream, head, (socket) => accept(socket));
    return undefined;
  });
  let keepsNewestOnly = false;
  function accept(socket: WebSocket): void {
    if (keepsNewestOnly) for (const other of open) other.terminate();
    made += 1;
    socket.setMaxListeners(0); // one for each envelope under way
    socket.on("error", () => {}); // its close follows
    socket.on("close", () => open.delete(socket));
    socket.on("message", (data) => {
      const { envelope_id, payload } = JSON.parse(String(data)) as { envelope_id: string; payload: unknown };
      waiting.get(envelope_id)?.({ payload });
    });
    const info = {
      connection_info: { app_id: APP_ID },
      debug_info: { host: "fake", approximate_connection_time: 18_060 },
    };
    socket.send(JSON.stringify({ type: "hello", num_connections: open.size + 1, ...info }));
    if (open.size >= MOST_CONNECTIONS) {
      socket.send(JSON.stringify({ type: "disconnect", reason: "too_many_websockets", debug_info: { host: "fake" } }));
      socket.close();
      return;
    }
    open.add(socket);
    for (const take of wanting) take(socket);
    wanting.clear();
  }
  let turn: number | undefined;
  const newest = () => [...open].at(turn === undefined ? -1 : turn++ % Math.max(open.size, 1));
  const someSocket = () => newest() ?? new Promise<WebSocket>((resolve) => void wanting.add(resolve));

  return {
    issueUrl(origin) {
      const ticket = `t${Math.random().toString(36).slice(2)}`;
      tickets.add(ticket);
      return `${origin.replace(/^http/, "ws")}/link/?ticket=${ticket}&app_id=${APP_ID}`;
    },
    open: () => open.size,
    made: () => made,
    async send(envelope, timeoutMs) {
      const socket = await someSocket();
      return new Promise((resolve) => {
        const done = (acknowledged: Acknowledged) => {
          clearTimeout(timer);
          socket.off("close", lost);
          waiting.delete(envelope.envelope_id);
          resolve(acknowledged);
        };
        const lost = () => done(undefined);
        const timer = setTimeout(lost, timeoutMs);
        socket.once("close", lost);
        waiting.set(envelope.envelope_id, done);
        socket.send(JSON.stringify(envelope));
      });
    },
    keepNewestOnly: () => {
      keepsNewestOnly = true;
    },
    spread: () => {
      turn = 0;
    },
    sendRaw: (data) => newest()?.send(data),
    recycle(graceMs) {
      for (const socket of [...open]) {
        open.delete(socket); // nothing new goes through it
        socket.send(JSON.stringify({ type: "disconnect", reason: "refresh_requested", debug_info: { host: "fake" } }));
        setTimeout(() => socket.close(), graceMs).unref();
      }
    },
    recycleOne(reason, graceMs, which = "oldest") {
      const socket = [...open].at(which === "oldest" ? 0 : -1);
      if (socket === undefined) return;
      open.delete(socket); // nothing new goes through it
      socket.send(JSON.stringify({ type: "disconnect", reason, debug_info: { host: "fake" } }));
      if (graceMs === 0) socket.close();
      else setTimeout(() => socket.close(), graceMs).unref();
    },
    mute() {
      for (const socket of sockets.clients) socket.pause();
    },
    cut() {
      for (const socket of sockets.clients) socket.terminate();
    },
    close() {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
    },
  };
}
