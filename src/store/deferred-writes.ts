import type { Log } from "../base/log.js";
import { type KeyValue, type Store, StoreError, type Table } from "./store.js";

/**
 * Runs `write`, which begins with a call of the store, just before the next write of this process, so that both are one
 * transaction; the heartbeat is a write every 10 s. Who reads `table` meanwhile waits for it. A kill loses it.
 */
export type Defer = (table: Table, write: () => Promise<unknown>) => void;

interface Deferred {
  readonly table: Table;
  readonly write: () => Promise<unknown>;
}

type AnyCall<A extends readonly unknown[], T> = (...terms: A) => Promise<T>;

/** Returns the store, and how to put off what nobody waits for. What fails to be written is tried again. */
export function deferWrites(inner: Store, log: Pick<Log, "warn">): { readonly store: Store; readonly defer: Defer } {
  const { flush, defer, isWritten } = createWaiting(log);
  const before =
    <A extends readonly unknown[], T>(call: AnyCall<A, T>): AnyCall<A, T> =>
    (...terms) => {
      flush();
      return call(...terms);
    };
  /** Reads a table once what was put off is in it. */
  const behind =
    <A extends readonly unknown[], T>(table: Table, call: AnyCall<A, T>): AnyCall<A, T> =>
    async (...terms) => {
      await isWritten((one) => one.table === table);
      return call(...terms);
    };
  const values = (table: Table): KeyValue => {
    const rows = inner.values(table);
    return {
      ...rows,
      get: behind(table, rows.get),
      getMany: behind(table, rows.getMany),
      entries: behind(table, rows.entries),
      page: behind(table, rows.page),
      set: before(rows.set),
      delete: before(rows.delete),
    };
  };
  const store: Store = {
    values,
    write: before(inner.write),
    writeOnce: before(inner.writeOnce),
    swap: before(inner.swap),
    claim: before(inner.claim),
    commit: before(inner.commit),
    renew: before(inner.renew),
    purge: before(inner.purge),
    async close() {
      await isWritten(() => true);
      await inner.close();
    },
  };
  return { store, defer };
}

/** What waits for the next write, and what is being written of it. */
function createWaiting(log: Pick<Log, "warn">) {
  let waiting: Deferred[] = [];
  const running = new Map<Deferred, Promise<unknown>>();
  const run = async (one: Deferred) => {
    try {
      await one.write();
    } catch (error) {
      if (error instanceof StoreError && error.isRetryable) waiting.push(one);
      else log.warn({ error, table: one.table }, "store: a write that was put off failed");
    } finally {
      running.delete(one);
    }
  };
  const flush = () => {
    const due = waiting;
    waiting = [];
    for (const one of due) running.set(one, run(one));
  };
  const defer: Defer = (table, write) => void waiting.push({ table, write });
  return {
    defer,
    flush,
    /** Undefined where nothing is to be waited for. */
    isWritten(isMeant: (one: Deferred) => boolean): Promise<unknown> | undefined {
      if (waiting.some(isMeant)) flush();
      const meant = [...running].filter(([one]) => isMeant(one));
      return meant.length === 0 ? undefined : Promise.all(meant.map(([, isOver]) => isOver));
    },
  };
}
