import type { Log } from "./log.js";

export interface Listeners<T> {
  /** Returns how to stop listening. */
  add(listener: (event: T) => void): () => void;
  /** Calls them all; what one throws is logged and reaches neither the others nor the caller. */
  tell(event: T): void;
}

export function createListeners<T>(log: Log): Listeners<T> {
  const listeners = new Set<{ readonly call: (event: T) => void }>();
  return {
    add(call) {
      const entry = { call };
      listeners.add(entry);
      return () => void listeners.delete(entry);
    },
    tell(event) {
      for (const { call } of [...listeners]) {
        try {
          call(event);
        } catch (error) {
          log.error({ error }, "a listener failed");
        }
      }
    },
  };
}
