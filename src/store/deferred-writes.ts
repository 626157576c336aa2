import type { Log } from "../base/log.js";
import { aroundStore } from "./around-store.js";
import { type Store, StoreError, type Table } from "./store.js";

/**
 * Runs `write`, which begins with a call of the store, just before the next write of this process, so that both are one
 * transaction; the heartbeat is a write every 10 s. Who reads `table` meanwhile waits for it. A kill loses it.
 */
export type Defer = (table: Table, write: () => Promise<unknown>) => void;

interface Deferred {
  readonly table: Table;
  readonly write: () => Promise<unknown>;
}

/** Returns the store, and how to put off what nobody waits for. What fails to be written is tried again. */
export function deferWrites(inner: Store, log: Pick<Log, "warn">): { readonly store: Store; readonly defer: Defer } {
  const { flush, defer, isWritten } = createWaiting(log);
  const store = aroundStore(inner, (operation, call, table) => {
    if (operation === "read") return isWritten((one) => one.table === table)?.then(call) ?? call();
    flush();
    return call();
  });
  const close = async () => {
    await isWritten(() => true);
    await inner.close();
  };
  return { store: { ...store, close }, defer };
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
