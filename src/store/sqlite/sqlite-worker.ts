import { parentPort } from "node:worker_threads";
import { systemClock } from "../../base/clock.js";
import { messageOf, StartupError } from "../../base/errors.js";
import type { KeyValue, Store, Table } from "../store.js";
import { DamagedRowError, StoreError } from "../store-error.js";
import { openSqliteStore } from "./sqlite-store.js";

type Entries = Awaited<ReturnType<KeyValue["entries"]>>;

/** A call of a store's port; `open`, with the path, makes the store. */
export interface SqliteCall {
  readonly id: number;
  readonly store: number;
  /** Undefined: a call of the store itself. */
  readonly table: Table | undefined;
  readonly method: string;
  /** The arguments as a JSON array, which takes its reader half the time that objects take. */
  readonly json: string;
  /** The store's time where a test gives one. */
  readonly now: number | undefined;
  /** No attempt begins after that (epoch ms). */
  readonly until: number;
}

/** What the thread answers to the call of that id. */
export type SqliteReply =
  | { readonly id: number; readonly kind: "done"; readonly json: string | undefined }
  /** Some of the rows of `entries`; more follow. */
  | { readonly id: number; readonly kind: "part"; readonly json: string }
  | {
      readonly id: number;
      readonly kind: "failed";
      readonly error: "startup" | "damaged" | "store";
      readonly message: string;
      readonly isRetryable: boolean;
    };

/** Parsing so many rows at once holds the other thread up for less than a millisecond or two. */
const ROWS_AT_ONCE = 200;
/** SQLite's own wait for a lock, in which no read is answered. */
const LOCK_WAIT_MS = 5;
/** Pause between two attempts while another program holds the file's lock. */
const LOCK_RETRY_MS = 10;
const MAX_LOCKED_MS = 800;

const READS: readonly string[] = ["get", "getMany", "entries", "page"] satisfies readonly (keyof KeyValue)[];

const post = (reply: SqliteReply) => parentPort?.postMessage(reply);

function fail(id: number, error: unknown): void {
  const isStartup = error instanceof StartupError;
  const kind = error instanceof DamagedRowError ? "damaged" : isStartup ? "startup" : "store";
  const isRetryable = error instanceof StoreError && error.isRetryable;
  post({ id, kind: "failed", error: kind, message: messageOf(error), isRetryable });
}

function finish(id: number, result: unknown): void {
  if (Array.isArray(result)) {
    const rows: Entries = result;
    const last = Math.max(0, Math.ceil(rows.length / ROWS_AT_ONCE) - 1) * ROWS_AT_ONCE;
    for (let from = 0; from < last; from += ROWS_AT_ONCE)
      post({ id, kind: "part", json: JSON.stringify(rows.slice(from, from + ROWS_AT_ONCE)) });
    post({ id, kind: "done", json: JSON.stringify(rows.slice(last)) });
  } else post({ id, kind: "done", json: JSON.stringify(result) });
}

/** Whether another program's lock was in the way, so that nothing was done. */
function isLocked(error: unknown): boolean {
  const cause = error instanceof StoreError ? error.cause : undefined;
  return cause instanceof Error && "code" in cause && String(cause.code).startsWith("SQLITE_BUSY");
}

async function run(store: Store, { table, method, json }: SqliteCall): Promise<unknown> {
  const target = (table === undefined ? store : store.values(table)) as unknown as Readonly<
    Record<string, (...terms: readonly unknown[]) => Promise<unknown>>
  >;
  const result = await target[method]?.(...JSON.parse(json));
  // JSON has no undefined.
  return method === "getMany"
    ? (result as readonly unknown[]).map((value) => (value === undefined ? [] : [value]))
    : result;
}

/** Answers reads at once and writes in the order in which they came, each again while the file is locked. */
function createServer(store: Store, setNow: (now: number | undefined) => void) {
  let writes: SqliteCall[] = [];
  /** Undefined once it is answered; otherwise the lock that was in the way. */
  const attempt = async (call: SqliteCall): Promise<unknown> => {
    try {
      if (systemClock.now() > call.until) throw new StoreError("the disk was too slow");
      setNow(call.now);
      finish(call.id, await run(store, call));
    } catch (error) {
      if (isLocked(error)) return error;
      fail(call.id, error);
    }
    return undefined;
  };
  const untilOver = async (call: SqliteCall): Promise<unknown> => {
    const lockedUntil = systemClock.now() + MAX_LOCKED_MS;
    for (;;) {
      const lock = await attempt(call);
      if (lock === undefined || systemClock.now() + LOCK_RETRY_MS > lockedUntil) return lock;
      await systemClock.sleep(LOCK_RETRY_MS);
    }
  };
  const work = async () => {
    for (let call = writes[0]; call !== undefined; call = writes[0]) {
      const lock = await untilOver(call);
      if (lock === undefined) writes.shift();
      else {
        // Those behind it have met the same lock, and would wait as long again one by one.
        const locked = writes;
        writes = [];
        for (const { id } of locked) fail(id, lock);
      }
    }
  };
  return (call: SqliteCall): void => {
    if (READS.includes(call.method) && call.table !== undefined)
      void untilOver(call).then((lock) => lock && fail(call.id, lock));
    else if (writes.push(call) === 1) void work();
  };
}

const servers = new Map<number, (call: SqliteCall) => void>();

async function open({ id, store: name, json, now: openedAt }: SqliteCall): Promise<void> {
  try {
    const [path]: readonly [string] = JSON.parse(json);
    let now = openedAt;
    const store = await openSqliteStore(path, { now: () => now, lockWaitMs: LOCK_WAIT_MS });
    servers.set(
      name,
      createServer(store, (at) => {
        now = at;
      }),
    );
    finish(id, undefined);
  } catch (error) {
    fail(id, error);
  }
}

parentPort?.on("message", (calls: readonly SqliteCall[]) => {
  for (const call of calls) {
    if (call.method === "open") void open(call);
    else servers.get(call.store)?.(call);
  }
});
