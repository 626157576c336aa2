import { systemClock } from "../../base/clock.js";
import { boundStore, createCallTimeout } from "../bounded.js";
import { readEntries, readPage } from "../keyv-table.js";
import { type ClaimAttempt, claimFromEnded, processOwner } from "../process-owner.js";
import { codeOf } from "../server-fault.js";
import {
  type Claim,
  type ClaimTerms,
  checkKey,
  checkTerms,
  DAMAGED,
  DamagedRowError,
  decodeRow,
  encodeRow,
  type KeyValue,
  type Store,
  StoreError,
  type Swap,
  TABLES,
  type Table,
  translated,
  type Write,
  writesOf,
} from "../store.js";
import { type Connections, openConnections } from "./postgres-connection.js";
import * as sql from "./postgres-statements.js";
import { GET, GET_MANY, SCAN, SCAN_BACK } from "./postgres-statements.js";

export interface PostgresDeps {
  /** The store's clock; the server's own unless given. */
  readonly now?: () => number;
}

/** @throws {StartupError} when it cannot be reached or used, or is of a newer schema */
export async function openPostgresStore(url: string, deps: PostgresDeps): Promise<Store> {
  const timeout = createCallTimeout(systemClock);
  const connections = await openConnections(url, timeout);
  // Only clears away: whoever starts next does it, where this fails.
  await timeout.timed(() => connections.steps.query(sql.FORGET, [deps.now?.() ?? null])).catch(() => {});
  return boundStore(createStore(connections, deps), { clock: systemClock, timeout });
}

/** Each step is one statement: it needs no lock beyond its own, and works behind PgBouncer in any mode. */
function createStore({ steps, scans }: Connections, deps: PostgresDeps): Store {
  const owner = processOwner();
  const now = () => deps.now?.() ?? null;

  const isDone: Gated = async (text, parameters, writes) => {
    const [row] = await steps.query<{ done: boolean }>(text, [...parameters, ...columnsOf(writes)]);
    return row?.done === true;
  };
  const write = (writes: readonly Write[]) =>
    translated(`writing ${writes.length} rows`, async () => void (await isDone(sql.WRITE, [], writes)));
  async function take(name: string, terms: ClaimTerms): Promise<ClaimAttempt> {
    const { ttlMs, minIntervalMs = 0, minIntervalAfterLossMs = minIntervalMs, isReentrant = false } = terms;
    const intervals = [minIntervalMs, minIntervalAfterLossMs].map(Math.ceil);
    const parameters = [now(), checkKey(name), owner, Math.ceil(ttlMs), ...intervals, isReentrant];
    const [taken] = await steps.query<{ fence: string }>(sql.TAKE, parameters);
    if (taken !== undefined) return { held: true, until: 0, claim: { name, owner, fence: Number(taken.fence) } };
    const [row] = await steps.query<{ until: string; owner: string; fence: string }>(sql.UNTIL, [name, ...intervals]);
    return {
      held: false,
      until: Number(row?.until),
      claim: { name, owner: row?.owner ?? "", fence: Number(row?.fence) },
    };
  }
  const commit = ({ name, owner, fence }: Claim, writes: readonly Write[]) =>
    isDone(sql.COMMIT, [name, owner, fence], writes);
  const end = async ({ name, owner, fence }: Claim) => void (await steps.query(sql.END, [name, owner, fence]));
  const tables = new Map(TABLES.map((table) => [table, createPostgresTable({ table, steps, scans, write })]));

  return {
    values(table) {
      const values = tables.get(table);
      if (values === undefined) throw new StoreError(`there is no table "${table}"`);
      return values;
    },
    write,
    writeOnce: (name, forMs, writes) =>
      translated(`writing "${name}" once`, async () => {
        const isFirst = await isDone(sql.WRITE_ONCE, [now(), checkKey(name), Math.ceil(forMs)], writes);
        // It is stored whatever becomes of this, and nobody waits for it.
        if (isFirst) steps.query(sql.PRUNE, [now()]).catch(() => {});
        return isFirst;
      }),
    swap: (rows, writes) => translated("changing rows", () => swapped(isDone, [rows].flat(), writes)),
    claim: (name, terms) =>
      translated(`claiming "${name}"`, () => {
        checkTerms(terms);
        return claimFromEnded(() => take(name, terms), end);
      }),
    commit: (claim, writes) => translated(`committing "${claim.name}"`, () => commit(claim, writes)),
    renew: ({ name, owner: holder, fence }, ttlMs) =>
      translated(`renewing "${name}"`, async () => {
        checkTerms({ ttlMs });
        return (await steps.query(sql.RENEW, [now(), name, holder, fence, Math.ceil(ttlMs)])).length > 0;
      }),
    // Its files are the server's: autovacuum and the archive of its log decide.
    purge: async () => {},
    close: async () => void (await Promise.all([steps.end(), scans.end()])),
  };
}

/** Runs a statement that writes rows where its gate is open; resolves with whether it was. */
type Gated = (text: string, parameters: readonly unknown[], writes: readonly Write[]) => Promise<boolean>;

/** Another has made a row that was not there. */
const UNIQUE_VIOLATION = "23505";

/** Writes rows; one row takes a simpler statement. */
async function swapped(isDone: Gated, rows: readonly Swap[], writes: readonly Write[]): Promise<boolean> {
  const others = writes.filter((write) => !rows.some(({ table, key }) => write.table === table && write.key === key));
  const [row, ...more] = rows;
  if (row !== undefined && more.length === 0) return isDone(...swapStatement(row), others);
  const missing = rows.filter(({ before }) => before === undefined);
  const there = rows.filter(({ before }) => before !== undefined);
  const read = columnsOf(there.map(({ table, key, before }) => ({ table, key, value: before })));
  const parameters = [...read, ...columnsOf(writesOf(missing))];
  return isDone(sql.SWAP_MANY, parameters, [...writesOf(there), ...others]).catch((error) => {
    if (codeOf(error) === UNIQUE_VIOLATION) return false;
    throw error;
  });
}

/** Tables, keys and texts of the rows; of several writes to one row the last, as a statement changes a row once. */
function columnsOf(writes: readonly Write[]): readonly (readonly (string | null)[])[] {
  const last = new Map(writes.map((write) => [`${write.table} ${checkKey(write.key)}`, write]));
  const rows = [...last.values()];
  return [
    rows.map(({ table }) => table),
    rows.map(({ key }) => key),
    rows.map(({ value }) => (value === undefined ? null : encodeRow(value))),
  ];
}

function swapStatement({ table, key, before, after }: Swap): readonly [text: string, parameters: readonly string[]] {
  const row = [table, checkKey(key)];
  const old = before === undefined ? undefined : encodeRow(before);
  const text = after === undefined ? undefined : encodeRow(after);
  if (old === undefined) return text === undefined ? [sql.SWAP_NOTHING, row] : [sql.SWAP_IN, [...row, text]];
  return text === undefined ? [sql.SWAP_AWAY, [...row, old]] : [sql.SWAP, [...row, old, text]];
}

export interface PostgresTableParts extends Connections {
  readonly table: Table;
  readonly write: (writes: readonly Write[]) => Promise<void>;
}

interface Row {
  readonly key: string;
  readonly value: string;
}

/**
 * The port's table without a Keyv: with Keyv's own adapter for PostgreSQL an idle connection that the server drops ends
 * the process, and clearing one table reaches others. The rows are the same as Keyv's, so it could be put in its place.
 */
export function createPostgresTable({ table, steps, scans, write }: PostgresTableParts): KeyValue {
  return {
    get: (key) =>
      translated(`reading "${key}" of ${table}`, async () => {
        const rows = await steps.query<Row>(GET, [table, checkKey(key)]);
        const value = rows[0] === undefined ? undefined : decodeRow(rows[0].value);
        if (value === DAMAGED) throw new DamagedRowError(`the row "${key}" of ${table}`);
        return value;
      }),
    getMany: (keys) =>
      translated(`reading ${keys.length} rows of ${table}`, async () => {
        if (keys.length === 0) return [];
        const rows = await steps.query<Row>(GET_MANY, [table, keys.map(checkKey)]);
        const values = new Map(rows.map((row) => [row.key, decodeRow(row.value)]));
        return keys.map((key) => values.get(key));
      }),
    set: async (key, value) => {
      if (value === undefined) throw new StoreError("undefined is not a value");
      await write([{ table, key, value }]);
    },
    delete: (key) => write([{ table, key, value: undefined }]),
    entries: (prefix = "") =>
      translated(`reading ${table}`, async () =>
        readEntries((await scans.query<Row>(SCAN, [table, prefix])).map(({ key, value }) => [key, value])),
      ),
    page: (prefix, { before, limit }) =>
      translated(`reading a page of ${table}`, async () => {
        const rows = await steps.query<Row>(SCAN_BACK, [table, prefix, before ?? null, limit]);
        return readPage(
          rows.map(({ key, value }) => [key, value]),
          limit,
        );
      }),
  };
}
