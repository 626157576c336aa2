import type { KeyValue, Store, Table } from "./store.js";

export type StoreOperation = "read" | "write" | "claim" | "commit" | "renew" | "purge";

/** Makes a call of a store, with whatever belongs around it. `table` is set where rows of one table are read. */
export type AroundCall = <T>(operation: StoreOperation, call: () => Promise<T>, table?: Table) => Promise<T>;

/** Wraps a store: every call goes through `around`, except `close`. */
export function aroundStore(store: Store, around: AroundCall): Store {
  const wrapped =
    <A extends readonly unknown[], T>(operation: StoreOperation, call: (...terms: A) => Promise<T>, table?: Table) =>
    (...terms: A): Promise<T> =>
      around(operation, () => call(...terms), table);
  const values = (table: Table): KeyValue => {
    const rows = store.values(table);
    return {
      ...rows,
      get: wrapped("read", rows.get, table),
      getMany: wrapped("read", rows.getMany, table),
      entries: wrapped("read", rows.entries, table),
      page: wrapped("read", rows.page, table),
      set: wrapped("write", rows.set),
      delete: wrapped("write", rows.delete),
    };
  };
  return {
    values,
    write: wrapped("write", store.write),
    writeOnce: wrapped("write", store.writeOnce),
    swap: wrapped("write", store.swap),
    claim: wrapped("claim", store.claim),
    commit: wrapped("commit", store.commit),
    renew: wrapped("renew", store.renew),
    purge: wrapped("purge", store.purge),
    close: () => store.close(),
  };
}
