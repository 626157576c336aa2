import type { Clock } from "../../../base/clock.js";

/** The answers that grow natively at this moment: each needs a call to end. */
export interface OpenStreams {
  add(stream: object): void;
  delete(stream: object): void;
  count(): number;
}

/** Slack ends a stream by itself after about so long; one that nobody ended is forgotten then. */
const LIFE_MS = 300_000;

export function createOpenStreams(clock: Clock): OpenStreams {
  const since = new Map<object, number>();
  return {
    add(stream) {
      if (!since.has(stream)) since.set(stream, clock.now());
    },
    delete: (stream) => void since.delete(stream),
    count() {
      for (const [stream, at] of since) {
        if (clock.now() - at < LIFE_MS) break; // oldest first
        since.delete(stream);
      }
      return since.size;
    },
  };
}
