import { chmodSync, closeSync, mkdirSync, openSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Connection, connect } from "sqlite3";
import type { Clock } from "../../base/clock.js";
import { messageOf, StartupError } from "../../base/errors.js";
import { prepareSchema } from "./sqlite-schema.js";

/** Switching a new file to WAL fails at once while another process does the same, whatever the busy timeout says. */
const OPEN_ATTEMPTS = 4;
const OPEN_RETRY_MS = 100;

/**
 * Opens the file, or makes it and its folder. A file that is not ours is left as it is.
 * @throws {StartupError} when it cannot be used, naming the path and the fix
 */
export async function openSqliteFile(path: string, clock: Clock): Promise<Connection> {
  makeFolderOf(path);
  if (!isFileOrNothing(path)) {
    throw new StartupError(`STORE_URL: ${path} is not a file; name a file, like ${join(path, "evergreen.sqlite")}`);
  }
  for (let attempt = 1; ; attempt++) {
    try {
      return openOnce(path);
    } catch (error) {
      if (error instanceof StartupError) throw error;
      if (codeOf(error) !== "SQLITE_BUSY" || attempt === OPEN_ATTEMPTS) throw asStartupError(path, error);
      await clock.sleep(OPEN_RETRY_MS);
    }
  }
}

/** Modes of what the bot makes: conversations are nobody else's business. An existing folder keeps its own. */
const OWN_FOLDER = 0o700;
const OWN_FILE = 0o600;

/** https://www.sqlite.org/fileformat.html#the_database_header */
const HEADER_BYTES = 100;

function makeFolderOf(path: string): void {
  try {
    makeFolder(dirname(path));
  } catch (error) {
    throw new StartupError(
      `STORE_URL: the folder of ${path} cannot be made (${messageOf(error)}); make it yourself, writable ` +
        "for the bot, or name another path",
      error,
    );
  }
}

/** Node's own recursive mkdir never ends below /proc. */
function makeFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  if (dirname(folder) !== folder) makeFolder(dirname(folder));
  try {
    mkdirSync(folder);
    chmodSync(folder, OWN_FOLDER); // whatever the umask
  } catch (error) {
    if (codeOf(error) !== "EEXIST" || !statSync(folder).isDirectory()) throw error; // another process was faster
  }
}

function isFileOrNothing(path: string): boolean {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    // SQLite takes a file that is shorter than its header for a new database, and would write over what it is.
    if (found?.isFile() && found.size > 0 && found.size < HEADER_BYTES)
      throw Object.assign(new Error("too short"), { code: "SQLITE_NOTADB" });
    return found?.isFile() ?? true;
  } catch (error) {
    throw asStartupError(path, error);
  }
}

/** Whether it is there or made now; SQLite gives its further files the same mode. */
function makeFile(path: string): void {
  try {
    closeSync(openSync(path, "wx", OWN_FILE));
    chmodSync(path, OWN_FILE);
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  }
}

function openOnce(path: string): Connection {
  makeFile(path);
  const connection = connect(path);
  try {
    prepareSchema(connection, path);
    requireWhole(connection);
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** Reading a larger file through would hold up the start; its damage shows when the page is read. */
const MAX_CHECKED_BYTES = 64 * 1024 * 1024;

/** @throws an error with SQLite's own code where a page is damaged */
function requireWhole(connection: Connection): void {
  const read = (name: string) => Object.values(connection.all(`pragma ${name}`)[0] ?? {})[0];
  if (Number(read("page_count")) * Number(read("page_size")) > MAX_CHECKED_BYTES) return;
  const found = read("quick_check(1)");
  if (found !== "ok") throw Object.assign(new Error(String(found)), { code: "SQLITE_CORRUPT" });
}

const codeOf = (error: unknown) => (error instanceof Error && "code" in error ? String(error.code) : "");

/** Fixes for what SQLite says about a file; everything else is about permissions and space. */
const FAULTS: Readonly<Record<string, string>> = {
  SQLITE_NOTADB: "is not an SQLite database; move it away to start empty, or name another path",
  SQLITE_CORRUPT:
    "is damaged; restore a backup, or save what can be read (sqlite3 DAMAGED .recover | sqlite3 SAVED) " +
    "and put that in its place, or move it away to start empty",
  SQLITE_BUSY: "is locked by another program; stop that, or name another path",
};

/** Returns what went wrong with the file at `path`, with the fix. */
export function asStartupError(path: string, error: unknown): StartupError {
  if (error instanceof StartupError) return error;
  const fault =
    FAULTS[codeOf(error)] ??
    `cannot be opened for writing (${messageOf(error)}); give the bot the right to write the file and ` +
      "its folder, or name another path";
  return new StartupError(`STORE_URL: ${path} ${fault}`, error);
}
