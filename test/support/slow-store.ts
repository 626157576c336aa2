import type { Clock } from "../../src/base/clock.js";
import type { KeyValue, Store } from "../../src/store/store.js";

/** A store behind a slow line: every call takes a round trip, however many are on their way. */
export function slowStore<S extends Store>(store: S, clock: Clock, roundTripMs: number): S {
  const slow =
    <A extends unknown[], T>(call: (...terms: A) => Promise<T>) =>
    async (...terms: A): Promise<T> => {
      await clock.sleep(roundTripMs / 2, new AbortController().signal);
      const result = await call(...terms);
      await clock.sleep(roundTripMs / 2, new AbortController().signal);
      return result;
    };
  const slowTable = (table: KeyValue): KeyValue => ({
    ...table,
    get: slow(table.get),
    getMany: slow(table.getMany),
    set: slow(table.set),
    delete: slow(table.delete),
    entries: slow(table.entries),
    page: slow(table.page),
  });
  return {
    ...store,
    values: (table) => slowTable(store.values(table)),
    write: slow(store.write),
    writeOnce: slow(store.writeOnce),
    swap: slow(store.swap),
    claim: slow(store.claim),
    commit: slow(store.commit),
    renew: slow(store.renew),
  };
}
