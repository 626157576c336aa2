import { randomUUID } from "node:crypto";
import { readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import type { Connection } from "sqlite3";
import { StartupError } from "../../base/errors.js";
import { StoreError } from "../store.js";
import { inTransaction } from "./sqlite-schema.js";

/** Notices that a file is no longer what it was: deleted, replaced, or older than the bot has left it. */
export interface SqliteState {
  /** @throws {StoreError} when the file is no longer the one that was opened */
  verify(): void;
  /** Whether the next transaction has to carry a new generation. */
  isDue(): boolean;
  /** Puts a new generation into the transaction that is open. @throws {StoreError} when the file has none any more */
  stamp(): void;
  /** Writes the marker beside the file; the transaction with the stamp is on the disk. */
  mark(): void;
}

export interface SqliteStateTerms {
  readonly connection: Connection;
  readonly path: string;
  /** Takes a file that is older than its marker, and renews the marker. */
  readonly acceptsOlder: boolean;
  readonly now: () => number;
}

/** What is lost of less than this is not noticed; each stamp costs one flush of the disk. */
const STAMP_EVERY_MS = 1_000;

interface State {
  readonly store: string;
  readonly generation: number;
}
/** `hasAccepted`: `ACCEPT_OLDER_STORE` has done its work, and does it again only once it was unset. */
interface Marker extends State {
  readonly hasAccepted?: boolean | undefined;
}

/** Undefined for anything but a state. By hand: zod would take this thread 15 ms of its start, and 3 MB. */
function stateIn(value: unknown): State | undefined {
  const { store, generation }: { store?: unknown; generation?: unknown } = Object(value);
  return typeof store === "string" && typeof generation === "number" ? { store, generation } : undefined;
}

/** @throws {StartupError} when the file is older than its marker says, or another one */
export function openSqliteState({ connection, path, acceptsOlder, now }: SqliteStateTerms): SqliteState {
  const markerPath = `${path}.state`;
  const marker = readMarker(markerPath);
  const found = readState(connection);
  const isOlder = marker !== undefined && (found?.store !== marker.store || found.generation < marker.generation);
  const hasAccepted = acceptsOlder && marker?.hasAccepted === true;
  const write = (next: State) =>
    writeMarker(markerPath, { ...next, hasAccepted: acceptsOlder && (isOlder || hasAccepted) });
  if (isOlder && !acceptsOlder) writeMarker(markerPath, { ...marker, hasAccepted: false });
  if (isOlder && (!acceptsOlder || hasAccepted)) throw olderFault(path, { marker, state: found, hasAccepted });
  let state = found ?? { store: randomUUID(), generation: 0 };
  if (found === undefined || isOlder) {
    state = { ...state, generation: (marker?.generation ?? 0) + 1 };
    writeState(connection, state);
  }
  write(state);
  const opened = identityOf(path);
  const openedWal = identityOf(`${path}-wal`);
  let stampedAt = Number.NEGATIVE_INFINITY;
  return {
    verify() {
      if (opened !== undefined && identityOf(path) !== opened)
        throw new StoreError(`${path} was deleted or replaced while the bot ran; bring it back, then restart the bot`);
      if (openedWal === undefined || identityOf(`${path}-wal`) === openedWal) return;
      // What the lost file held is still there for this process, and goes into the main file.
      connection.all("pragma wal_checkpoint(truncate)");
      throw new StoreError(`${path}-wal was deleted or replaced while the bot ran; restart the bot`);
    },
    isDue: () => now() - stampedAt >= STAMP_EVERY_MS,
    stamp() {
      const [row] = connection.all("update state set generation = generation + 1 returning store, generation");
      const next = stateIn(row);
      if (next === undefined) throw new StoreError(`${path} has lost its generation while the bot ran`);
      state = next;
    },
    mark() {
      stampedAt = now();
      write(state);
    },
  };
}

/** Device and inode of a file; undefined where there is none. */
function identityOf(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  return found && `${found.dev}:${found.ino}`;
}

const readState = (connection: Connection): State | undefined =>
  stateIn(connection.all("select store, generation from state")[0]);

function writeState(connection: Connection, { store, generation }: State): void {
  inTransaction(connection, () => {
    connection.all("delete from state");
    connection.all("insert into state (only_row, store, generation) values (1, ?1, ?2)", store, generation);
  });
}

/** A marker that cannot be read says nothing. */
function readMarker(path: string): Marker | undefined {
  try {
    const found: unknown = JSON.parse(readFileSync(path, "utf8"));
    const { hasAccepted }: { hasAccepted?: unknown } = Object(found);
    const state = stateIn(found);
    return state && { ...state, hasAccepted: hasAccepted === true };
  } catch {
    return undefined; // the next write makes one
  }
}

function writeMarker(path: string, marker: Marker): void {
  const { pid } = process;
  try {
    writeFileSync(`${path}.${pid}`, `${JSON.stringify(marker)}\n`, { mode: 0o600 });
    renameSync(`${path}.${pid}`, path);
  } catch {
    // the old marker stays: a loss since then is not noticed, and nothing else depends on it
  }
}

function olderFault(
  path: string,
  { marker, state, hasAccepted }: { marker: Marker; state: State | undefined; hasAccepted: boolean },
): StartupError {
  const what = state?.store === marker.store ? "is older than it was" : "is not the file that was here";
  const accept = hasAccepted
    ? "ACCEPT_OLDER_STORE has accepted an older file before: start once without it, and then with it again"
    : "start once with ACCEPT_OLDER_STORE=1";
  return new StartupError(
    `STORE_URL: ${path} ${what} (${path}.state says so): a backup was put in its place, or newer data was lost. ` +
      `Bring the newer file back with its -wal file, or, to go on with this one, ${accept}`,
  );
}
