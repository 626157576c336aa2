import type { Clock } from "../base/clock.js";
import { withDeadline } from "../base/deadline.js";
import { aroundStore } from "./around-store.js";
import { type Store, StoreError, translated } from "./store.js";

/** Every call of the port ends within 1 s on a fast line; the rest is for a busy event loop. */
export const CALL_TIMEOUT_MS = 900;
/** What a call may take on a slow line: a connection with its handshakes and a password, and the call itself. */
const ROUND_TRIPS = 5;
const LONGEST_TIMEOUT_MS = 6_000;
/** The fastest of this many calls in a row shows how long a round trip takes. */
const MEASURED_CALLS = 16;

/** How long a call to the other side may take, by how long the last ones took. */
export interface CallTimeout {
  timeoutMs(): number;
  /** Runs a call that asks the other side, and notes how long its answer took. */
  timed<T>(work: () => Promise<T>): Promise<T>;
  /**
   * Takes in how long a round trip of a new connection took, in ms, in place of all calls before: on a line that became
   * slow every call may end too early to tell.
   */
  learn(roundTripMs: number): void;
}

export function createCallTimeout(clock: Pick<Clock, "now">): CallTimeout {
  const lastMs: number[] = [];
  return {
    timeoutMs() {
      const roundTripMs = lastMs.length === 0 ? 0 : Math.min(...lastMs);
      return Math.min(CALL_TIMEOUT_MS + ROUND_TRIPS * roundTripMs, LONGEST_TIMEOUT_MS);
    },
    async timed(work) {
      const startedAt = clock.now();
      const result = await work();
      lastMs.push(Math.max(0, clock.now() - startedAt));
      if (lastMs.length > MEASURED_CALLS) lastMs.shift();
      return result;
    },
    learn: (roundTripMs) => void lastMs.splice(0, MEASURED_CALLS, roundTripMs),
  };
}

export interface BoundTerms {
  readonly clock: Clock;
  /** Default: one that knows nothing of earlier calls. */
  readonly timeout?: CallTimeout;
  /** A call got no answer in time: whoever owns the connection may look after it. */
  readonly onTimeout?: () => void;
}

/**
 * A store behind a network or in a thread, whose every call ends in time: with a StoreError where the other side
 * hangs, and after `close`.
 * A write that failed because no answer came may have been done anyway.
 */
export function boundStore(store: Store, terms: BoundTerms): Store {
  const { clock, onTimeout, timeout = createCallTimeout(clock) } = terms;
  let isClosed = false;

  const bounded = <T>(work: () => Promise<T>): Promise<T> =>
    translated("it was asked", async () => {
      if (isClosed) throw new StoreError("it is closed");
      const timing = { what: "its server", timeoutMs: timeout.timeoutMs(), clock };
      let isOver = false;
      const watched = (signal: AbortSignal) => {
        signal.addEventListener("abort", () => !isOver && onTimeout?.(), { once: true });
        return timeout.timed(work);
      };
      try {
        return await withDeadline(watched, timing);
      } finally {
        isOver = true;
      }
    });

  const bound = aroundStore(store, (_operation, call) => bounded(call));
  return {
    ...bound,
    // What asks nobody measures nothing.
    values(table) {
      const values = bound.values(table);
      return { ...values, getMany: async (keys) => (keys.length === 0 ? [] : values.getMany(keys)) };
    },
    write: async (writes) => (writes.length === 0 ? undefined : bound.write(writes)),
    async close() {
      if (isClosed) return;
      isClosed = true;
      await store.close();
    },
  };
}
