import type { Clock } from "../../../base/clock.js";
import { type EventStream, eventText, KEEP_ALIVE_MS, KEEP_ALIVE_TEXT, openEventStream } from "../http/event-stream.js";

export interface EventHubDeps {
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
export interface EventHub {
  /** A stream that begins with a `status` event; undefined when there are too many. */
  open(channel: string, client: string | undefined): ReadableStream<Uint8Array> | undefined;
  /** `data.id` names the message that it is about. */
  send(audience: Audience, event: string, data: { readonly id: string; readonly [field: string]: unknown }): void;
  /** To every stream of every channel. */
  sendAll(event: string, data: object): void;
  /** Tells everybody who has not heard it yet. */
  sendStatus(): void;
  /** Sends keep-alives until `stop`. */
  start(): void;
  stop(): void;
}

const MOST_STREAMS = 200;

export function createEventHub({ clock, status }: EventHubDeps): EventHub {
  const streams = new Set<EventStream<Audience>>();
  const stopping = new AbortController();
  let lastStatus = "";

  const sendStatus = () => {
    const text = eventText("status", status());
    if (text === lastStatus) return;
    lastStatus = text;
    for (const stream of streams) stream.push(text);
  };
  const keepAlive = async () => {
    for (;;) {
      await clock.sleep(KEEP_ALIVE_MS, stopping.signal);
      for (const stream of streams) stream.push(KEEP_ALIVE_TEXT, "keep-alive");
      sendStatus(); // a list grows old without an event
    }
  };
  return {
    open(channel, client) {
      if (streams.size >= MOST_STREAMS || stopping.signal.aborted) return undefined;
      const stream = openEventStream<Audience>({ channel, client }, (ended) => streams.delete(ended));
      sendStatus();
      stream.push(eventText("status", status()));
      streams.add(stream);
      return stream.body;
    },
    send({ channel, client }, event, data) {
      const text = eventText(event, data);
      // An edit carries the whole text so far; of everything else each step counts.
      const key = event === "edit" ? `edit of ${data.id}` : undefined;
      for (const stream of streams) {
        const isMeant = stream.terms.channel === channel && (client === undefined || stream.terms.client === client);
        if (isMeant) stream.push(text, key);
      }
    },
    sendAll(event, data) {
      const text = eventText(event, data);
      for (const stream of streams) stream.push(text, event);
    },
    sendStatus,
    start() {
      keepAlive().catch(() => {}); // ends with `stop`
    },
    stop() {
      stopping.abort();
      for (const stream of [...streams]) stream.end();
    },
  };
}
