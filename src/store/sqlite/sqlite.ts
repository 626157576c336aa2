import type { StoreDefinition } from "../store.js";
import { sqlitePath, sqliteWarnings } from "./sqlite-file.js";
import { createSqliteThread } from "./sqlite-thread.js";

export interface SqliteOptions {
  /** The store's clock; SQLite's own unless given. */
  readonly now?: () => number;
}

/** A store in one file, which several processes of one machine may share. A thread of its own does the work. */
export function createSqliteStore({ now }: SqliteOptions = {}): StoreDefinition {
  const open = createSqliteThread(now);
  return {
    schemes: ["sqlite"],
    open: async (url, options = {}) => open(sqlitePath(url), options),
    warnings: (url) => sqliteWarnings(sqlitePath(url)),
  };
}

export const sqliteStore: StoreDefinition = createSqliteStore();
