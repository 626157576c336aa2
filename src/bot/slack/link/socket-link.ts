import { SocketModeReceiver, type webApi } from "@slack/bolt";
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
  readonly appToken: string;
  readonly clientOptions: webApi.WebClientOptions;
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

/**
 * Opens one connection. Every frame is checked before the SDK reads it, and reconnecting is the caller's.
 *
 * The SDK's client (@slack/socket-mode 3.1) ends the process over a `null` frame, an `events_api` envelope without a
 * payload and a token that is refused while it reconnects, and has no public hook before it parses a frame. Until it
 * has
 * one, such as an option `onMessage(data): boolean`, its `ws_message` listener is taken off here and called with
 * Slack's
 * hello alone, which is what `start()` waits for; acknowledgements go out by the public `websocket`.
 * @throws what the request for an address threw @throws {TimeoutError} when no hello came
 */
export async function openSocket({
  appToken,
  clientOptions,
  intake,
  clock,
  log,
}: SocketDeps): Promise<SocketConnection> {
  const { client } = new SocketModeReceiver({
    appToken,
    autoReconnectEnabled: false,
    ...(clientOptions.logger && { logger: clientOptions.logger }),
    installerOptions: { clientOptions },
  });
  const [sdkListener] = client.listeners("ws_message");
  client.removeAllListeners("ws_message");

  const end = withResolvers<void>();
  const move = withResolvers<string | undefined>();
  client.on("disconnected", () => end.resolve());
  client.on("error", () => end.resolve());
  end.promise.then(() => move.resolve(undefined));

  const acknowledge = async (id: string, response: unknown) => {
    const payload = typeof response === "string" ? { text: response } : (response ?? {});
    const socket = client.websocket;
    if (!socket?.isActive()) throw new AppError("platform", "The connection was lost before the acknowledgement");
    socket.send(JSON.stringify({ envelope_id: id, payload }), (error) => {
      if (error) log.warn({ error }, "slack: acknowledgement failed, Slack will retry");
    });
  };
  const retire = (reason: string) => {
    log.info({ reason }, "slack: connection is being renewed");
    move.resolve(reason);
  };
  client.on("ws_message", (data: unknown, isBinary: unknown) => {
    const frame = readFrame(data);
    if (frame === undefined) log.debug("slack: unknown frame dropped");
    else if (frame.kind === "hello") sdkListener?.call(client, data, isBinary);
    else if (frame.kind === "disconnect") retire(frame.reason);
    else void intake.take(frame.payload, (response) => acknowledge(frame.id, response));
  });

  const close = () => {
    void client.disconnect().catch(() => {}); // it is over either way
    end.resolve();
  };
  try {
    await withDeadline(
      () =>
        client.start().catch((error) => {
          throw error ?? new AppError("platform", "Slack closed the connection before its hello");
        }),
      { what: "Slack's Socket Mode", timeoutMs: CONNECT_TIMEOUT_MS, clock },
    );
  } catch (error) {
    close();
    throw error;
  }
  return { retired: move.promise, closed: end.promise, close };
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
export type Frame =
  | { readonly kind: "hello" }
  /** Slack asks for a new connection; this one works a little longer. */
  | { readonly kind: "disconnect"; readonly reason: string }
  | { readonly kind: "envelope"; readonly id: string; readonly payload: unknown };

/** Reads a frame; undefined for everything that Slack doesn't send: the SDK would end the process over some of it. */
export function readFrame(data: unknown): Frame | undefined {
  if (typeof data !== "string") return undefined;
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
