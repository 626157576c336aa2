import { parentPort } from "node:worker_threads";
import { systemClock } from "../../base/clock.js";
import { messageOf, StartupError } from "../../base/errors.js";
import { retry } from "../../base/retry.js";
import { createSerial } from "../../base/serial.js";
import {
  DAMAGED,
  DamagedRowError,
  type Entry,
  type KeyValue,
  type Page,
  type Store,
  StoreError,
  type StoreOptions,
  type Table,
} from "../store.js";
import { openSqliteStore, type SqliteStore } from "./sqlite-store.js";

type Entries = readonly Entry[];

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
/** Calls of one transaction. The first of them waits for the last. */
const MAX_BATCH = 100;
/** What SQLite does outside a transaction only. */
const ALONE: readonly string[] = ["purge", "close"] satisfies readonly (keyof Store)[];

const READS: readonly string[] = ["get", "getMany", "entries", "page"] satisfies readonly (keyof KeyValue)[];

/** Answers travel together, as far as they are ready in one turn of the event loop. */
let replies: SqliteReply[] = [];
function post(reply: SqliteReply): void {
  if (replies.push(reply) > 1) return;
  queueMicrotask(() => {
    const ready = replies;
    replies = [];
    parentPort?.postMessage(ready);
  });
}

function failure(id: number, error: unknown): SqliteReply {
  const isStartup = error instanceof StartupError;
  const kind = error instanceof DamagedRowError ? "damaged" : isStartup ? "startup" : "store";
  const isRetryable = error instanceof StoreError && error.isRetryable;
  return { id, kind: "failed", error: kind, message: messageOf(error), isRetryable };
}

function success(id: number, result: unknown): readonly SqliteReply[] {
  if (!Array.isArray(result)) return [{ id, kind: "done", json: JSON.stringify(result) }];
  const rows: Entries = result;
  const parts: SqliteReply[] = [];
  const last = Math.max(0, Math.ceil(rows.length / ROWS_AT_ONCE) - 1) * ROWS_AT_ONCE;
  for (let from = 0; from < last; from += ROWS_AT_ONCE)
    parts.push({ id, kind: "part", json: JSON.stringify(rows.slice(from, from + ROWS_AT_ONCE)) });
  return [...parts, { id, kind: "done", json: JSON.stringify(rows.slice(last)) }];
}

const valueForJson = (value: unknown) => (value === DAMAGED ? "damaged" : value === undefined ? [] : [value]);
const rowForJson = ([key, value]: Entry) => (value === DAMAGED ? [key] : [key, value]);

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
  // JSON has neither undefined nor a mark for a damaged row.
  if (method === "entries") return (result as Entries).map(rowForJson);
  if (method === "page") return { ...(result as Page), entries: (result as Page).entries.map(rowForJson) };
  return method === "getMany" ? (result as readonly unknown[]).map(valueForJson) : result;
}

/** Answers reads at once and writes in the order in which they came, many in one step, again while it is locked. */
function createServer(store: SqliteStore, setNow: (now: number | undefined) => void) {
  let writes: SqliteCall[] = [];
  const answer = async (call: SqliteCall): Promise<readonly SqliteReply[]> => {
    try {
      if (systemClock.now() > call.until) throw new StoreError("the disk was too slow");
      setNow(call.now);
      return success(call.id, await run(store, call));
    } catch (error) {
      if (isLocked(error)) throw error;
      return [failure(call.id, error)];
    }
  };
  const answerAll = async (calls: readonly SqliteCall[]) => {
    const answers: (readonly SqliteReply[])[] = [];
    for (const call of calls) answers.push(await answer(call));
    return answers.flat();
  };
  const work = async () => {
    while (writes.length > 0) {
      const batch = nextBatch(writes);
      const isAlone = batch.some(({ method }) => ALONE.includes(method));
      try {
        const answers = await untilUnlocked(() =>
          // Stores of one file share its connection, and so its transaction.
          oneAtATime("batch", () => (isAlone ? answerAll(batch) : store.together(() => answerAll(batch)))),
        );
        writes.splice(0, batch.length);
        answers.forEach(post);
      } catch (error) {
        // Whoever waits behind a lock has met it too, and would wait as long again one by one.
        const failed = isLocked(error) ? writes : batch;
        writes = writes.slice(failed.length);
        for (const { id } of failed) post(failure(id, error));
      }
    }
  };
  return (call: SqliteCall): void => {
    if (READS.includes(call.method) && call.table !== undefined) {
      untilUnlocked(() => answer(call)).then(
        (answers) => answers.forEach(post),
        (error) => post(failure(call.id, error)),
      );
    } else if (writes.push(call) === 1) queueMicrotask(() => void work()); // once all of a message are here
  };
}

const oneAtATime = createSerial();

/** What is in front, as far as it can be one transaction. */
function nextBatch(writes: readonly SqliteCall[]): readonly SqliteCall[] {
  const barrier = writes.findIndex(({ method }) => ALONE.includes(method));
  return writes.slice(0, barrier === -1 ? MAX_BATCH : Math.max(1, Math.min(barrier, MAX_BATCH)));
}

/** @throws what `work` throws, a lock only after 800 ms */
function untilUnlocked<T>(work: () => Promise<T>): Promise<T> {
  return retry(work, {
    clock: systemClock,
    delays: () => LOCK_RETRY_MS,
    until: systemClock.now() + MAX_LOCKED_MS,
    shouldRetry: isLocked,
  });
}

const servers = new Map<number, (call: SqliteCall) => void>();

async function open({ id, store: name, json, now: openedAt }: SqliteCall): Promise<void> {
  try {
    const [path, { acceptsOlder = false } = {}]: readonly [string, StoreOptions?] = JSON.parse(json);
    let now = openedAt;
    const store = await openSqliteStore(path, { now: () => now, lockWaitMs: LOCK_WAIT_MS, acceptsOlder });
    servers.set(
      name,
      createServer(store, (at) => {
        now = at;
      }),
    );
    success(id, undefined).forEach(post);
  } catch (error) {
    post(failure(id, error));
  }
}

parentPort?.on("message", (calls: readonly SqliteCall[]) => {
  for (const call of calls) {
    if (call.method === "open") void open(call);
    else servers.get(call.store)?.(call);
  }
});
