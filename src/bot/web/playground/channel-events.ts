import type { Context } from "hono";
import type { Clock } from "../../../base/clock.js";
import { createEventHub } from "../http/event-hub.js";

export interface ChannelEventsDeps {
  readonly clock: Clock;
  /** The data of a `status` event. */
  status(): object;
}

/** Who of a channel's listeners gets an event; all when `client` is undefined. */
export interface Audience {
  readonly channel: string;
  readonly client?: string | undefined;
}

/** All event streams of the playground. */
export interface ChannelEvents {
  /** Answers with a stream that begins with a `status` event. @throws {HttpError} 503 while too many are open */
  open(context: Context, listener: Audience): Response;
  /** `data.id` names the message that it is about. */
  send(audience: Audience, event: string, data: { readonly id: string; readonly [field: string]: unknown }): void;
  /** Sends to every stream of every channel. */
  sendAll(event: string, data: object, key?: string): void;
  /** Whether anybody follows the channel. */
  hasListeners(channel: string): boolean;
  /** Sends the status to every stream, if it has changed since the last time. */
  sendStatus(): void;
  /** Sends keep-alives until `stop`. */
  start(): void;
  stop(): void;
}

const MAX_STREAMS = 200;

export function createChannelEvents({ clock, status }: ChannelEventsDeps): ChannelEvents {
  let lastStatus = "";
  const sendStatus = () => {
    const now = status();
    const text = JSON.stringify(now);
    if (text === lastStatus) return false;
    lastStatus = text;
    hub.send("status", now);
    return true;
  };
  const hub = createEventHub<Audience>({
    clock,
    what: "event streams",
    maxStreams: MAX_STREAMS,
    onOpen(send) {
      if (!sendStatus()) send("status", status()); // the others have it already
    },
    onBeat: sendStatus, // a list becomes outdated without an event
  });
  return {
    open: hub.open,
    send({ channel, client }, event, data) {
      hub.send(event, data, {
        // An edit carries the whole text so far; of all other events each one counts.
        ...(event === "edit" && { key: `edit of ${data.id}` }),
        isFor: (listener) => listener.channel === channel && (client === undefined || listener.client === client),
      });
    },
    sendAll: (event, data, key = event) => hub.send(event, data, { key }),
    hasListeners: (channel) => hub.hasListeners((listener) => listener.channel === channel),
    sendStatus,
    start: hub.start,
    stop: hub.stop,
  };
}
