import { statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { StartupError } from "../../base/errors.js";
import type { StoreDefinition } from "../store.js";
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

/**
 * The path that a `sqlite://` URL names, absolute.
 * @throws {StartupError} when it names none
 */
export function sqlitePath(url: string): string {
  const path = url.slice(url.indexOf("://") + 3);
  if (path === "") throw new StartupError("STORE_URL: sqlite:// needs a path, like sqlite://data/evergreen.sqlite");
  return resolve(path);
}

const OTHERS_WRITE = 0o022;
/** The sticky bit, as on /tmp: others can add files to the folder, but not replace ours. */
const OWNERS_DELETE = 0o1000;

/** What of the store other users of the machine may change, in words. */
export function sqliteWarnings(path: string): readonly string[] {
  return [dirname(path), path].flatMap((each) => {
    const found = statSync(each, { throwIfNoEntry: false });
    const mode = found !== undefined && process.platform !== "win32" ? found.mode : 0;
    const isOpen = (mode & OTHERS_WRITE) !== 0 && (mode & OWNERS_DELETE) === 0;
    return isOpen ? [`${each} can be changed by other users of this machine; run chmod go-w ${each}`] : [];
  });
}
