import type { KeyValue, Store } from "../../store/store.js";

export type StoreOperation = "read" | "write" | "claim" | "commit";

/** Who is told how the store does. Nothing of what is stored. */
export interface StoreObserver {
  onCall(operation: StoreOperation, isDone: boolean): void;
  /** Whether a claim was had; `kind` is what stands before the colon of its name: "refresh". */
  onClaim(kind: string, isWon: boolean): void;
}

/** The same store, and the observer hears of its calls. */
export function observedStore(store: Store, observer: StoreObserver): Store {
  const watched = async <T>(operation: StoreOperation, work: Promise<T>): Promise<T> => {
    try {
      const result = await work;
      observer.onCall(operation, true);
      return result;
    } catch (error) {
      observer.onCall(operation, false);
      throw error;
    }
  };
  const watchedTable = (table: KeyValue): KeyValue => ({
    get: (key) => watched("read", table.get(key)),
    getMany: (keys) => watched("read", table.getMany(keys)),
    entries: (prefix) => watched("read", table.entries(prefix)),
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
