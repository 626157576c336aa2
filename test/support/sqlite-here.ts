import { sqlitePath } from "../../src/store/sqlite/sqlite.js";
import { openSqliteStore } from "../../src/store/sqlite/sqlite-store.js";
import type { StoreDefinition } from "../../src/store/store.js";

/** SQLite in this thread, so that a clock that the test turns never overtakes it. */
export const sqliteHere = (deps: { readonly now?: () => number } = {}): StoreDefinition => ({
  schemes: ["sqlite"],
  open: (url) => openSqliteStore(sqlitePath(url), deps),
});
