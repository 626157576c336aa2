import { SocketModeReceiver, type webApi } from "@slack/bolt";
import { z } from "zod";
import type { Clock } from "../../../base/clock.js";
import { withDeadline } from "../../../base/deadline.js";
import { AppError } from "../../../base/errors.js";
import type { Log } from "../../../base/log.js";
import type { Intake } from "./intake.js";

export interface SocketDeps {
  readonly appToken: string;
  readonly clientOptions: webApi.WebClientOptions;
  readonly intake: Intake;
  readonly clock: Clock;
  readonly log: Log;
}

/** One Socket Mode connection, from hello to its end. */
export interface SocketConnection {
  /** Resolves when Slack asks to move, with its reason, or when the connection is lost. */
  readonly retired: Promise<string | undefined>;
  /** Resolves when it is lost or closed. */
  readonly closed: Promise<void>;
  close(): void;
}

/** From the request of an address to Slack's hello. */
const CONNECT_TIMEOUT_MS = 15_000;

/**
 * Opens a connection of its own; whoever wants another calls again. Every frame is judged before the SDK sees it, and
 * reconnecting is ours: the stock client's own ends the process when Slack refuses the token meanwhile.
 * @throws what the request of an address threw, or when no hello came
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
  const [stockListener] = client.listeners("ws_message");
  client.removeAllListeners("ws_message");

  const end = withResolvers<void>();
  const move = withResolvers<string | undefined>();
  client.on("disconnected", () => end.resolve());
  client.on("error", () => end.resolve());
  end.promise.then(() => move.resolve(undefined));

  const acknowledge = async (id: string, response: unknown) => {
    const payload = typeof response === "string" ? { text: response } : (response ?? {});
    const socket = client.websocket;
    if (!socket?.isActive()) throw new AppError("platform", "The connection was lost before an acknowledgement");
    socket.send(JSON.stringify({ envelope_id: id, payload }), (error) => {
      if (error) log.warn({ error }, "an acknowledgement was not sent; Slack repeats the delivery");
    });
  };
  const retire = (reason: string) => {
    log.info({ reason }, "slack moves the connection");
    move.resolve(reason);
  };
  client.on("ws_message", (data: unknown, isBinary: unknown) => {
    const frame = readFrame(data);
    if (frame === undefined) log.debug("a frame that is none of Slack's was dropped");
    else if (frame.kind === "hello") stockListener?.call(client, data, isBinary);
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
  /** Slack asks to move to another connection; this one goes on for a little while. */
  | { readonly kind: "disconnect"; readonly reason: string }
  | { readonly kind: "envelope"; readonly id: string; readonly payload: unknown };

/** Undefined for everything that is no frame of Slack's: the stock client would end the process over some of them. */
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
    return undefined; // not JSON: the caller drops the frame, and Slack repeats what was not acknowledged
  }
}
