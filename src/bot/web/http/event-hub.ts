import type { Context } from "hono";
import type { Clock } from "../../../base/clock.js";
import { HttpError } from "./http-error.js";

/** Sends one event to a stream. With a key, it replaces an event with the same key that still waits to be read. */
export type SendEvent = (event: string, data: object, key?: string) => void;

export interface EventHubTerms<T> {
  readonly clock: Pick<Clock, "sleep">;
  /** What the streams are, for the refusal when there are too many: "consoles". */
  readonly what: string;
  /** Requests beyond this number of open streams are answered with 503. */
  readonly maxStreams: number;
  /** Called with each new stream's listener, to send what a stream begins with. */
  onOpen(send: SendEvent, listener: T): void;
  /** Called every 15 s between `start` and `stop`. */
  onBeat?(): void;
}

/** The event streams (server-sent events) of one page or script each. `T` describes who listens. */
export interface EventHub<T> {
  /** Answers a request with an event stream; HEAD gets none. @throws {HttpError} 503 while too many are open */
  open(context: Context, listener: T): Response;
  /** Sends an event to all listeners, or to those that `isFor` accepts. `key` as in `SendEvent`. */
  send(event: string, data: object, options?: { readonly key?: string; isFor?(listener: T): boolean }): void;
  /** Whether anybody listens; with `isFor`, whether one of those that it accepts does. */
  hasListeners(isFor?: (listener: T) => boolean): boolean;
  /** Sends keep-alives until `stop`. */
  start(): void;
  /** Ends all streams; later ones are refused. */
  stop(): void;
}

interface EventStream<T> {
  readonly listener: T;
  readonly body: ReadableStream<Uint8Array>;
  push(text: string, key?: string): void;
  end(): void;
}

/** A listener that leaves more unread is cut off: it reconnects and reads everything again. */
const MAX_WAITING_CHARS = 4_000_000;
/** Shorter than the idle timeouts of common proxies (nginx: 60 s). */
const KEEP_ALIVE_MS = 15_000;
const KEEP_ALIVE_TEXT = ": keep-alive\n\n";

/** Proxies must neither cache nor buffer a stream. */
const EVENT_STREAM_HEADERS = {
  "content-type": "text/event-stream",
  "cache-control": "no-cache",
  "x-accel-buffering": "no",
} as const;

/** JSON has no line breaks of its own, so one `data` line is enough. */
const eventText = (event: string, data: object): string => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

export function createEventHub<T>({ clock, what, maxStreams, onOpen, onBeat }: EventHubTerms<T>): EventHub<T> {
  const streams = new Set<EventStream<T>>();
  const stopping = new AbortController();

  const keepAlive = async () => {
    for (;;) {
      await clock.sleep(KEEP_ALIVE_MS, stopping.signal);
      for (const stream of streams) stream.push(KEEP_ALIVE_TEXT, "keep-alive");
      onBeat?.();
    }
  };
  return {
    open(context, listener) {
      if (context.req.method === "HEAD") return context.body(null, 200); // nobody would ever read the stream
      if (streams.size >= maxStreams || stopping.signal.aborted) {
        throw new HttpError(503, `Too many ${what} are open; close some and try again.`);
      }
      const stream = openEventStream(listener, (ended) => streams.delete(ended));
      streams.add(stream);
      onOpen((event, data, key) => stream.push(eventText(event, data), key), listener);
      return context.body(stream.body, 200, EVENT_STREAM_HEADERS);
    },
    send(event, data, { key, isFor = () => true } = {}) {
      const text = eventText(event, data);
      for (const stream of streams) if (isFor(stream.listener)) stream.push(text, key);
    },
    hasListeners: (isFor = () => true) => [...streams].some(({ listener }) => isFor(listener)),
    start() {
      keepAlive().catch(() => {}); // ends with `stop`
    },
    stop() {
      stopping.abort();
      for (const stream of [...streams]) stream.end();
    },
  };
}

function openEventStream<T>(listener: T, onEnd: (stream: EventStream<T>) => void): EventStream<T> {
  const encoder = new TextEncoder();
  // A Map keeps the place of a key that is set again: an edit never overtakes the message that it edits.
  const waiting = new Map<string, string>();
  let waitingChars = 0;
  let count = 0;
  let wake: (() => void) | undefined;
  let isEnded = false;

  const end = () => {
    if (isEnded) return;
    isEnded = true;
    waiting.clear();
    wake?.();
    onEnd(stream);
  };
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (waiting.size === 0 && !isEnded) await new Promise<void>((resolve) => (wake = resolve));
      wake = undefined;
      if (isEnded) return controller.close();
      const text = [...waiting.values()].join("");
      waiting.clear();
      waitingChars = 0;
      controller.enqueue(encoder.encode(text));
    },
    cancel: end,
  });
  const stream: EventStream<T> = {
    listener,
    body,
    push(text, key = `event ${count++}`) {
      if (isEnded) return;
      waitingChars += text.length - (waiting.get(key)?.length ?? 0);
      waiting.set(key, text);
      if (waitingChars > MAX_WAITING_CHARS) return end();
      wake?.();
    },
    end,
  };
  return stream;
}
