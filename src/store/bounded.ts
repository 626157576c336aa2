import type { Clock } from "../base/clock.js";
import { withDeadline } from "../base/deadline.js";
import type { KeyValue, Store, Table } from "./store.js";
import { StoreError, translated } from "./store-error.js";

/** Every call of the port ends within 1 s; the rest is for a busy event loop. */
export const CALL_TIMEOUT_MS = 900;

export interface BoundTerms {
  readonly clock: Clock;
  /** A call got no answer in time: whoever owns the connection may look after it. */
  readonly onTimeout?: () => void;
}

/**
 * A store behind a network or in a thread, whose every call ends in time: with a StoreError where the other side
 * hangs, and after `close`.
 * A write that failed for want of an answer may have been done all the same.
 */
export function boundStore(store: Store, terms: BoundTerms): Store {
  const { clock, onTimeout } = terms;
  let isClosed = false;

  const bounded = <T>(work: () => Promise<T>): Promise<T> =>
    translated("it was asked", async () => {
      if (isClosed) throw new StoreError("it is closed");
      const timing = { what: "its server", timeoutMs: CALL_TIMEOUT_MS, clock };
      let isOver = false;
      const watched = (signal: AbortSignal) => {
        signal.addEventListener("abort", () => !isOver && onTimeout?.(), { once: true });
        return work();
      };
      try {
        return await withDeadline(watched, timing);
      } finally {
        isOver = true;
      }
    });

  const boundTable = (table: Table): KeyValue => {
    const values = store.values(table);
    return {
      get: (key) => bounded(() => values.get(key)),
      getMany: (keys) => bounded(() => values.getMany(keys)),
      set: (key, value) => bounded(() => values.set(key, value)),
      delete: (key) => bounded(() => values.delete(key)),
      entries: (prefix) => bounded(() => values.entries(prefix)),
      page: (prefix, terms) => bounded(() => values.page(prefix, terms)),
    };
  };

  return {
    values: boundTable,
    write: (writes) => bounded(() => store.write(writes)),
    writeOnce: (name, forMs, writes) => bounded(() => store.writeOnce(name, forMs, writes)),
    swap: (row, writes) => bounded(() => store.swap(row, writes)),
    claim: (name, terms) => bounded(() => store.claim(name, terms)),
    commit: (claim, writes) => bounded(() => store.commit(claim, writes)),
    renew: (claim, ttlMs) => bounded(() => store.renew(claim, ttlMs)),
    purge: () => bounded(() => store.purge()),
    async close() {
      if (isClosed) return;
      isClosed = true;
      await store.close();
    },
  };
}
