import type { KeyValue, Store } from "../../store/store.js";

import type { Observer, StoreOperation } from "./observers.js";

/** Wraps the store: the observer is told how each call ends. */
export function observedStore(store: Store, observer: Pick<Observer, "onStoreCall" | "onClaim">): Store {
  const watched = async <T>(operation: StoreOperation, work: Promise<T>): Promise<T> => {
    try {
      const result = await work;
      observer.onStoreCall(operation, true);
      return result;
    } catch (error) {
      observer.onStoreCall(operation, false);
      throw error;
    }
  };
  const watchedTable = (table: KeyValue): KeyValue => ({
    ...table,
    get: (key) => watched("read", table.get(key)),
    getMany: (keys) => watched("read", table.getMany(keys)),
    entries: (prefix) => watched("read", table.entries(prefix)),
    page: (...terms) => watched("read", table.page(...terms)),
    set: (key, value) => watched("write", table.set(key, value)),
    delete: (key) => watched("write", table.delete(key)),
  });
  return {
    ...store,
    values: (table) => watchedTable(store.values(table)),
    write: (writes) => watched("write", store.write(writes)),
    writeOnce: (...terms) => watched("write", store.writeOnce(...terms)),
    swap: (...terms) => watched("write", store.swap(...terms)),
    async claim(name, terms) {
      const result = await watched("claim", store.claim(name, terms));
      observer.onClaim(name.split(":")[0] ?? name, result.held);
      return result;
    },
    commit: (...terms) => watched("commit", store.commit(...terms)),
    close: () => store.close(),
  };
}
