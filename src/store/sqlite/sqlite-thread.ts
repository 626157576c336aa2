import { SHARE_ENV, Worker } from "node:worker_threads";
import { systemClock } from "../../base/clock.js";
import { messageOf, StartupError } from "../../base/errors.js";
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
import type { SqliteCall, SqliteReply } from "./sqlite-worker.js";

/** A slow disk, or a long queue of calls, may take that long. A foreign lock is waited for for less than a second. */
const TIMEOUT_MS = 5_000;
/** The thread gives up on a call a moment before whoever made it does, so that it never writes what failed. */
const GIVE_UP_MS = TIMEOUT_MS - 100;
const LOOK_EVERY_MS = 500;

interface Waiting {
  /** Epoch ms. */
  readonly until: number;
  readonly parts: unknown[];
  resolve(result: unknown): void;
  reject(error: Error): void;
}

type CallTerms = Pick<SqliteCall, "store" | "table" | "method"> & { readonly terms: readonly unknown[] };
type MakeCall = (call: CallTerms) => Promise<unknown>;

/**
 * Returns how to open a store in another thread: a foreign lock or a slow disk never holds up this one. The thread is
 * started with the first store. It never keeps the process alive by itself.
 */
export function createSqliteThread(
  now: (() => number) | undefined,
): (path: string, options: StoreOptions) => Promise<Store> {
  let makeCall: MakeCall | undefined;
  let lastStore = 0;
  return async (path, options) => {
    makeCall ??= startThread(now, () => {
      makeCall = undefined;
    });
    const store = ++lastStore;
    const call = makeCall;
    let isClosed = false;
    await call({ store, table: undefined, method: "open", terms: [path, options] });
    return storeInThread(async (terms) => {
      if (isClosed) throw new StoreError("it is closed");
      isClosed = terms.method === "close";
      return call(terms);
    }, store);
  };
}

function storeInThread(makeCall: MakeCall, store: number): Store {
  const call = <T>(method: string, ...terms: readonly unknown[]) =>
    makeCall({ store, table: undefined, method, terms }) as Promise<T>;
  return {
    values: (table) => tableInThread(makeCall, store, table),
    write: (writes) => call("write", writes),
    writeOnce: (name, forMs, writes) => call("writeOnce", name, forMs, writes),
    swap: (row, writes) => call("swap", row, writes),
    claim: (name, terms) => call("claim", name, terms),
    commit: (claim, writes) => call("commit", claim, writes),
    renew: (claim, ttlMs) => call("renew", claim, ttlMs),
    purge: () => call("purge"),
    close: () => call<void>("close").catch(() => {}), // the file is whole whatever happens
  };
}

/** A row as the thread sends it; without a value it is damaged. */
type WireEntry = readonly [key: string, value?: unknown];
const entryOf = (entry: WireEntry): Entry => [entry[0], entry.length === 1 ? DAMAGED : entry[1]];

function tableInThread(makeCall: MakeCall, store: number, table: Table): KeyValue {
  const call = <T>(method: string, ...terms: readonly unknown[]) =>
    makeCall({ store, table, method, terms }) as Promise<T>;
  return {
    get: (key) => call("get", key),
    getMany: async (keys) =>
      (await call<readonly ("damaged" | readonly unknown[])[]>("getMany", keys)).map((each) =>
        each === "damaged" ? DAMAGED : each[0],
      ),
    set: (key, value) => call("set", key, ...(value === undefined ? [] : [value])),
    delete: (key) => call("delete", key),
    entries: async (prefix) =>
      (await call<readonly WireEntry[]>("entries", ...(prefix === undefined ? [] : [prefix]))).map(entryOf),
    page: async (prefix, terms) => {
      const page = await call<Page & { readonly entries: readonly WireEntry[] }>("page", prefix, terms);
      return { ...page, before: page.before, entries: page.entries.map(entryOf) };
    },
  };
}

/** Calls that are made in one turn of the event loop travel together. `onEnd`: the thread has failed. */
function startThread(now: (() => number) | undefined, onEnd: () => void): MakeCall {
  const worker = new Worker(new URL("./sqlite-worker.js", import.meta.url), {
    env: SHARE_ENV,
    argv: [],
    execArgv: [],
  });
  const waiting = new Map<number, Waiting>();
  let batch: SqliteCall[] = [];
  let lastId = 0;
  const send = () => {
    worker.postMessage(batch);
    batch = [];
  };
  const end = (why: string) => {
    onEnd();
    for (const { reject } of waiting.values()) reject(new StoreError(why));
    waiting.clear();
  };
  worker.unref();
  worker.on("error", (error) => end(`its thread failed: ${messageOf(error)}`));
  worker.on("exit", () => end("its thread has ended"));
  worker.on("message", (replies: readonly SqliteReply[]) => {
    for (const reply of replies) take(waiting, reply);
    if (waiting.size === 0) worker.unref();
  });
  return async ({ terms, ...call }) => {
    const id = ++lastId;
    const at = systemClock.now();
    const json = argumentsOf(terms);
    if (batch.push({ ...call, id, json, now: now?.(), until: at + GIVE_UP_MS }) === 1) setImmediate(send);
    if (waiting.size === 0) void rejectLate(waiting);
    worker.ref(); // whoever waits for an answer keeps the process alive
    return new Promise<unknown>((resolve, reject) =>
      waiting.set(id, { parts: [], until: at + TIMEOUT_MS, resolve, reject }),
    );
  };
}

/** One timer for all calls: one for each would cost more than the call. Ends when nothing waits. */
async function rejectLate(waiting: Map<number, Waiting>): Promise<void> {
  do {
    await systemClock.sleep(LOOK_EVERY_MS);
    const now = systemClock.now();
    for (const [id, { until, reject }] of waiting) {
      if (until > now) break; // the oldest come first
      waiting.delete(id);
      reject(new StoreError(`the disk gave no answer within ${TIMEOUT_MS / 1000} s`));
    }
  } while (waiting.size > 0);
}

/** @throws {StoreError} for what is no JSON */
function argumentsOf(terms: readonly unknown[]): string {
  try {
    return JSON.stringify(terms);
  } catch (error) {
    throw new StoreError(`the value is not JSON: ${messageOf(error)}`, error);
  }
}

function take(waiting: Map<number, Waiting>, reply: SqliteReply): void {
  const call = waiting.get(reply.id);
  if (call === undefined) return;
  if (reply.kind === "part") {
    call.parts.push(...JSON.parse(reply.json));
    return;
  }
  waiting.delete(reply.id);
  if (reply.kind === "failed") {
    call.reject(errorOf(reply));
    return;
  }
  const result: unknown = reply.json === undefined ? undefined : JSON.parse(reply.json);
  call.resolve(Array.isArray(result) && call.parts.length > 0 ? [...call.parts, ...result] : result);
}

function errorOf({ error, message, isRetryable }: Extract<SqliteReply, { kind: "failed" }>): Error {
  if (error === "startup") return new StartupError(message);
  const what = message.replace(/^The store failed: /, "");
  if (error === "damaged") return new DamagedRowError(what.replace(/ is damaged$/, ""));
  return new StoreError(what, undefined, isRetryable);
}
