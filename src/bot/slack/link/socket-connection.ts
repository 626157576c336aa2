import { SocketModeReceiver, type webApi } from "@slack/bolt";
import type { Clock } from "../../../base/clock.js";
import { withDeadline } from "../../../base/deadline.js";
import { AppError } from "../../../base/errors.js";
import type { Log } from "../../../base/log.js";
import { readFrame } from "./frames.js";
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
