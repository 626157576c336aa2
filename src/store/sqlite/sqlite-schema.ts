import type { Connection } from "sqlite3";
import { StartupError } from "../../base/errors.js";

/** "EVGR": tells our files from those of other programs. */
const APPLICATION_ID = 0x45564752;
/** Raise it with every change that an older bot could not live with. */
const SCHEMA_VERSION = 1;

/** A change writes whole pages, and most rows take less than this. */
const PAGE_BYTES = 1_024;
/** From this size on the log goes into the file: a page that is changed often gets there once for many times. */
const LOG_BYTES = 4 * 1024 * 1024;

// Without a rowid a table is its own index, so that a write changes one page instead of two: for the shortest rows, as
// a longer one would not fit into a page of an index. The other tables are made by Keyv.
const STATEMENTS = [
  "create table if not exists claims (name text primary key, owner text not null, fence integer not " +
    "null, lease_until integer not null, claimed_at integer not null) without rowid",
  "create table if not exists once (name text primary key, until_at integer not null) without rowid",
  "drop index if exists once_until",
  "create table if not exists state (only_row integer primary key check (only_row = 1), store text not null, " +
    "generation integer not null)",
  `pragma application_id = ${APPLICATION_ID}`,
  `pragma user_version = ${SCHEMA_VERSION}`,
];

/**
 * Looks at a file before anything is changed in it, then makes what is missing.
 * @throws {StartupError} when it is another program's, or a newer bot's
 * @throws the driver's error when it is no database, locked, or not writable
 */
export function prepareSchema(connection: Connection, path: string): void {
  const { application, version, isEmpty } = look(connection);
  const isNew = isEmpty && application === 0 && version === 0;
  if (!isNew && application !== APPLICATION_ID) {
    throw new StartupError(`STORE_URL: ${path} is the database of another program; name another path`);
  }
  if (version > SCHEMA_VERSION) {
    throw new StartupError(
      `STORE_URL: ${path} was written by a newer version of this bot (schema ${version}, this one knows ` +
        `${SCHEMA_VERSION}); update the bot, or name another path`,
    );
  }
  // Only a file without a page yet takes these; `giveSpaceBack` changes the second one of an older file.
  if (isNew) {
    connection.all(`pragma page_size = ${PAGE_BYTES}`);
    connection.all("pragma auto_vacuum = incremental");
  }
  connection.all("pragma journal_mode = wal");
  // In WAL a kill loses nothing with it, and a commit costs no fsync; a power cut may lose the last moments.
  connection.all("pragma synchronous = normal");
  connection.all(`pragma wal_autocheckpoint = ${Math.ceil(LOG_BYTES / pragma(connection, "page_size"))}`);
  // What somebody has erased must not be left lying in free pages.
  connection.all("pragma secure_delete = on");
  inTransaction(connection, () => {
    for (const statement of STATEMENTS) connection.all(statement);
  });
}

/** Rewriting a larger file would hold up every write for seconds. */
const MAX_REWRITTEN_BYTES = 64 * 1024 * 1024;

/** The rest is freed by the next time. */
const MAX_FREED_BYTES = 20 * 1024 * 1024;

/** Returns free pages to the file system. */
export function giveSpaceBack(connection: Connection): void {
  if (pragma(connection, "freelist_count") === 0) return;
  const pageBytes = pragma(connection, "page_size");
  if (pragma(connection, "auto_vacuum") === 2)
    connection.all(`pragma incremental_vacuum(${Math.ceil(MAX_FREED_BYTES / pageBytes)})`);
  else if (pragma(connection, "page_count") * pageBytes <= MAX_REWRITTEN_BYTES) {
    connection.all("pragma auto_vacuum = incremental");
    connection.all("vacuum");
  }
}

/** All from one moment: a new file that another process is making at the same time would look like somebody else's. */
function look(connection: Connection) {
  return inTransaction(
    connection,
    () => ({
      application: pragma(connection, "application_id"),
      version: pragma(connection, "user_version"),
      isEmpty: connection.all("select 1 from sqlite_master limit 1").length === 0,
    }),
    "deferred",
  );
}

const pragma = (connection: Connection, name: string): number =>
  Number(Object.values(connection.all(`pragma ${name}`)[0] ?? {})[0]);

/**
 * Runs `work` in one transaction that holds the write lock from its start; with "deferred" it locks nothing until it
 * writes, and reads all from one moment. Inside a transaction it is a part of that, which fails by itself. The driver
 * is synchronous and so must `work` be: then nothing of this process comes between.
 * @throws what `work` or SQLite throws, and then nothing was written
 */
export function inTransaction<T>(
  connection: Connection,
  work: () => T,
  begin: "immediate" | "deferred" = "immediate",
): T {
  const isPart = connection.isInTransaction();
  connection.all(isPart ? "savepoint part" : `begin ${begin}`);
  try {
    const result = work();
    connection.all(isPart ? "release part" : "commit");
    return result;
  } catch (error) {
    try {
      connection.all(isPart ? "rollback to part" : "rollback");
      if (isPart) connection.all("release part");
    } catch {
      // SQLite has rolled back by itself, as it does when the disk is full
    }
    throw error;
  }
}
