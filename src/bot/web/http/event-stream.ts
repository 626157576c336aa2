/** One browser or script that listens; what it has not taken yet waits here. */
export interface EventStream<T> {
  /** What it listens to. */
  readonly terms: T;
  readonly body: ReadableStream<Uint8Array>;
  /** With a key, it takes the place of an event with the same key that still waits. */
  push(text: string, key?: string): void;
  end(): void;
}

/** Beyond it a consumer is cut off; it comes back and reads the conversation anew. */
const MOST_WAITING_CHARS = 4_000_000;

/** An event as the wire has it; JSON has no line breaks of its own. */
export const eventText = (event: string, data: object): string => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

export function openEventStream<T>(terms: T, onEnd: (stream: EventStream<T>) => void): EventStream<T> {
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
    terms,
    body,
    push(text, key = `event ${count++}`) {
      if (isEnded) return;
      waitingChars += text.length - (waiting.get(key)?.length ?? 0);
      waiting.set(key, text);
      if (waitingChars > MOST_WAITING_CHARS) return end();
      wake?.();
    },
    end,
  };
  return stream;
}

/** Said of every stream, so that no proxy keeps or gathers it. */
export const EVENT_STREAM_HEADERS = {
  "content-type": "text/event-stream",
  "cache-control": "no-cache",
  "x-accel-buffering": "no",
} as const;

/** Shorter than the idle timeouts of common proxies (nginx: 60 s). */
export const KEEP_ALIVE_MS = 15_000;
export const KEEP_ALIVE_TEXT = ": keep-alive\n\n";
