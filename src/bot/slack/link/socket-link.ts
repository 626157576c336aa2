import type { webApi } from "@slack/bolt";
import { WebSocket } from "ws";
import { z } from "zod";
import type { Clock } from "../../../base/clock.js";
import { withDeadline } from "../../../base/deadline.js";
import { AppError } from "../../../base/errors.js";
import type { Log } from "../../../base/log.js";
import { CROWDED, CROWDED_SPARE, LINK_OFF, linkFault } from "../wire/health.js";
import type { Intake } from "./intake.js";
import { connectPauseMs, type Link, type LinkDeps } from "./link.js";

/** Slack sends each event through any one of an app's connections: while one is renewed, the other takes them. */
const CONNECTIONS = 2;
/** Slack renews a connection some hours after it was made: apart by this, both are never renewed at the same time. */
const STAGGER_MS = 5_000;
/** How long a connection that Slack retires may still deliver and take acknowledgements. */
const DRAIN_MS = 10_000;
/** A connection that lived shorter than this counts as a failed attempt: Slack limits how often an app may connect. */
const SHORT_LIFE_MS = 10_000;
/** Slack takes ten connections of an app; when replicas hold them all, the second connection waits this long. */
const CROWDED_MS = 300_000;

/** Keeps two Socket Mode connections open; each is replaced before it closes, so that no event is missed. */
export function createSocketLink({ health, clock, signal, onGap, ...deps }: LinkDeps & SocketDeps): Link {
  const open = new Set<SocketConnection>();
  const stopped = aborted(signal);

  const retire = async (connection: SocketConnection) => {
    await Promise.race([connection.closed, clock.sleep(DRAIN_MS, signal).catch(() => {})]); // stopped: close at once
    open.delete(connection);
    connection.close();
  };
  const keep = async (isSpare: boolean) => {
    // What Slack had sent through a lost connection, it may not send again.
    let mayHaveMissed = !isSpare;
    for (let failures = 0; !signal.aborted; ) {
      try {
        const connection = await openSocket({ ...deps, clock });
        const since = clock.now();
        if (mayHaveMissed || open.size === 0) onGap();
        open.add(connection);
        health.set("link", undefined);
        if (isSpare) health.warn("link", undefined);
        const why = await Promise.race([connection.retired, stopped]);
        mayHaveMissed = why === undefined;
        void retire(connection);
        if (why === "link_disabled") health.set("link", LINK_OFF);
        if (why === "too_many_websockets") {
          if (isSpare) health.warn("link", CROWDED_SPARE);
          else health.set("link", CROWDED);
        }
        failures = clock.now() - since < SHORT_LIFE_MS ? failures + 1 : 0;
        // A second connection is unwanted there: insisting would cost the first.
        const isUnwanted = isSpare && (why === "too_many_websockets" || failures > 0);
        if (isUnwanted) await clock.sleep(CROWDED_MS, signal);
        else if (failures > 1) await clock.sleep(connectPauseMs(undefined, failures), signal);
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        // Events still come in through the other one.
        if (open.size === 0) health.set("link", linkFault(error));
        const waitMs = connectPauseMs(error, failures);
        // Woken by the stop, which the loop sees next.
        if (waitMs > 0) await clock.sleep(waitMs, signal).catch(() => {});
      }
    }
  };
  return {
    async run() {
      const spares = Array.from({ length: CONNECTIONS - 1 }, async (_, index) => {
        await clock.sleep(STAGGER_MS * (index + 1), signal);
        await keep(true);
      });
      // A spare that waits for its turn rejects at the stop.
      await Promise.all([keep(false), ...spares.map((spare) => spare.catch(() => {}))]);
    },
    async stop() {
      for (const connection of open) connection.close();
    },
  };
}

const aborted = (signal: AbortSignal) =>
  new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });

export interface SocketDeps {
  /** With the app token, which may open connections and nothing else. */
  readonly appClient: webApi.WebClient;
  readonly intake: Intake;
  readonly clock: Clock;
  readonly log: Log;
}

/** A Socket Mode connection, from Slack's hello to its end. */
export interface SocketConnection {
  /** Resolves with Slack's reason when it asks for a new connection, or with undefined when this one is lost. */
  readonly retired: Promise<string | undefined>;
  /** Resolves when it is lost or closed. */
  readonly closed: Promise<void>;
  close(): void;
}

/** Longest time from the request for an address to Slack's hello. */
const CONNECT_TIMEOUT_MS = 15_000;
/** How often the other side is asked whether it is still there. */
const PING_MS = 5_000;
/** A connection that was silent after so many pings in a row is lost. */
const MOST_UNANSWERED = 2;

const addressSchema = z.looseObject({ url: z.string() });

/**
 * Opens one connection; reconnecting is the caller's. It does without the SDK's client (@slack/socket-mode 3.1), which
 * ends the process over a `null` frame, an `events_api` envelope without a payload and a token that is refused while
 * it reconnects, and which brings undici along: a second HTTP client of 0.6 MB beside the one of Node.js.
 * @throws what the request for an address threw @throws {ZodError} for an answer without an address
 * @throws {AppError} when the connection is closed before its hello @throws {TimeoutError} when no hello came
 */
export function openSocket({ appClient, ...deps }: SocketDeps): Promise<SocketConnection> {
  const open = async (signal: AbortSignal) => {
    const { url } = addressSchema.parse(await appClient.apps.connections.open({}));
    signal.throwIfAborted();
    const { hello, ...connection } = carry(new WebSocket(url, { perMessageDeflate: false }), deps);
    signal.addEventListener("abort", connection.close, { once: true });
    await hello;
    return connection;
  };
  return withDeadline(open, { what: "Slack's Socket Mode", timeoutMs: CONNECT_TIMEOUT_MS, clock: deps.clock });
}

/** Hands over what comes in. `hello` rejects where the connection ends before it. */
function carry(
  socket: WebSocket,
  { intake, clock, log }: Omit<SocketDeps, "appClient">,
): SocketConnection & { readonly hello: Promise<void> } {
  const { promise: closed, resolve: end } = withResolvers<void>();
  const { promise: retired, resolve: move } = withResolvers<string | undefined>();
  const { promise: greeted, resolve: greet } = withResolvers<void>();
  const over = new AbortController();
  const acknowledge = async (id: string, response: unknown) => {
    const payload = typeof response === "string" ? { text: response } : (response ?? {});
    if (socket.readyState !== WebSocket.OPEN)
      throw new AppError("platform", "The connection was lost before the acknowledgement");
    socket.send(JSON.stringify({ envelope_id: id, payload }), (error) => {
      if (error) log.warn({ error }, "slack: acknowledgement failed, Slack will retry");
    });
  };
  socket.on("message", (data, isBinary) => {
    const frame = isBinary ? undefined : readFrame(String(data));
    if (frame === undefined) log.debug("slack: unknown frame dropped");
    else if (frame.kind === "hello") greet();
    else if (frame.kind === "disconnect") {
      log.info({ reason: frame.reason }, "slack: connection is being renewed");
      move(frame.reason);
    } else void intake.take(frame.payload, (response) => acknowledge(frame.id, response));
  });
  socket.on("error", (error) => log.warn({ error }, "slack: connection failed")); // its close follows
  socket.on("close", () => {
    over.abort();
    end();
  });
  closed.then(() => move(undefined));
  greeted.then(() => endWhereSilent(socket, clock, over.signal)).catch(() => {}); // over
  const tooEarly = closed.then(() => {
    throw new AppError("platform", "Slack closed the connection before its hello");
  });
  const hello = Promise.race([greeted, tooEarly]);
  hello.catch(() => {}); // whoever waits for it is told
  const close = () => {
    socket.close();
    end();
  };
  return { hello, retired, closed, close };
}

/** Slack may be gone without a word, as behind a router that was restarted. @throws signal.reason when it is over */
async function endWhereSilent(socket: WebSocket, clock: Clock, signal: AbortSignal): Promise<void> {
  let unanswered = 0;
  const listen = () => {
    unanswered = 0;
  };
  for (const sign of ["message", "ping", "pong"]) socket.on(sign, listen);
  for (; unanswered < MOST_UNANSWERED; unanswered++) {
    socket.ping();
    await clock.sleep(PING_MS, signal);
  }
  socket.terminate();
}

function withResolvers<T>(): { readonly promise: Promise<T>; resolve(value: T): void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve: (value) => resolve(value) };
}

const envelopeSchema = z.looseObject({ type: z.string(), envelope_id: z.string(), payload: z.looseObject({}) });
const disconnectSchema = z.looseObject({ type: z.literal("disconnect"), reason: z.string().optional() });
const helloSchema = z.looseObject({ type: z.literal("hello") });

/** A frame of the Socket Mode connection. */
type Frame =
  | { readonly kind: "hello" }
  /** Slack asks for a new connection; this one works a little longer. */
  | { readonly kind: "disconnect"; readonly reason: string }
  | { readonly kind: "envelope"; readonly id: string; readonly payload: unknown };

/** Reads a frame; undefined for everything that Slack doesn't send. */
function readFrame(data: string): Frame | undefined {
  const value = parsed(data);
  if (helloSchema.safeParse(value).success) return { kind: "hello" };
  const disconnect = disconnectSchema.safeParse(value);
  if (disconnect.success) return { kind: "disconnect", reason: disconnect.data.reason ?? "unknown" };
  const envelope = envelopeSchema.safeParse(value);
  return envelope.success
    ? { kind: "envelope", id: envelope.data.envelope_id, payload: envelope.data.payload }
    : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // not JSON: the caller drops the frame, and Slack retries what was not acknowledged
  }
}
