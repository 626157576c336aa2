import { KeyvSqlite } from "@keyv/sqlite";
import type { Connection } from "sqlite3";
import { type Clock, systemClock } from "../../base/clock.js";
import { createKeyvTable } from "../keyv-table.js";
import { hasEnded, processOwner } from "../process-owner.js";
import {
  type Claim,
  type ClaimResult,
  type ClaimTerms,
  checkKey,
  checkTerms,
  encodeRow,
  isRow,
  type KeyValue,
  type Store,
  StoreError,
  TABLES,
  type Table,
  translated,
  type Write,
  writesOf,
} from "../store.js";
import { asStartupError, openSqliteFile } from "./sqlite-file.js";
import { giveSpaceBack, inTransaction } from "./sqlite-schema.js";
import { openSqliteState, type SqliteState } from "./sqlite-state.js";

export interface SqliteDeps {
  /** The store's clock; SQLite's own unless given. */
  readonly now?: () => number | undefined;
  /** How long a call waits for a lock of another program, once the file is open. Default: 900 ms. */
  readonly lockWaitMs?: number;
  /** Takes a file that is older than its marker says. Default: false. */
  readonly acceptsOlder?: boolean;
  /** For the waits of opening. */
  readonly clock?: Clock;
}

export interface SqliteStore extends Store {
  /**
   * Runs calls in one transaction: each may fail by itself, and what they wrote is stored with the end of `work`, which
   * waits for nothing but these calls. @throws {StoreError} and then nothing of it was stored
   */
  together<T>(work: () => Promise<T>): Promise<T>;
}

/**
 * Opens the store in this thread, which stands still while SQLite works or waits for a lock.
 * @throws {StartupError} when the file cannot be used, naming the path and the fix
 */
export async function openSqliteStore(path: string, deps: SqliteDeps = {}): Promise<SqliteStore> {
  const connection = await openSqliteFile(path, deps.clock ?? systemClock);
  const claims = createSqliteClaims({ connection, owner: processOwner(), now: () => deps.now?.() ?? null });
  const adapters = TABLES.map((table) => [table, createAdapter(path, table)] as const);
  const tables = new Map(adapters.map(([table, adapter]) => [table, createTable(table, adapter)]));
  const close = async () => {
    await Promise.allSettled(adapters.map(([, adapter]) => adapter.close()));
    try {
      // libsql lets go of a file only with its last statement, at the garbage collector's leisure.
      connection.all("pragma wal_checkpoint(truncate)");
    } catch {
      // closed already, or in use elsewhere: the next to open the file reads its WAL
    }
    connection.close();
  };
  let state: SqliteState;
  try {
    // A Keyv whose first use fails would end the process with an unhandled rejection: await them all here.
    await Promise.all(adapters.map(([, adapter]) => adapter.get("-")));
    claims.forget();
    state = openSqliteState({ connection, path, acceptsOlder: deps.acceptsOlder ?? false, now: systemClock.now });
    if (deps.lockWaitMs !== undefined) connection.all(`pragma busy_timeout = ${deps.lockWaitMs}`);
  } catch (error) {
    await close();
    throw asStartupError(path, error);
  }

  const apply = (writes: readonly Write[]) => {
    for (const { table, key, value } of writes) {
      if (value === undefined) connection.all(`delete from "${table}" where key = ?1`, checkKey(key));
      else connection.all(upsert(table), checkKey(key), encodeRow(value));
    }
  };
  const atomically = <T>(what: string, work: () => T) => translated(what, () => inTransaction(connection, work));

  return {
    values(table) {
      const values = tables.get(table);
      if (values === undefined) throw new StoreError(`there is no table "${table}"`);
      return values;
    },
    write: (writes) => atomically(`writing ${writes.length} rows`, () => apply(writes)),
    writeOnce: (name, forMs, writes) =>
      atomically(`writing "${name}" once`, () => {
        const isFirst = claims.mark(checkKey(name), forMs);
        if (isFirst) apply(writes);
        return isFirst;
      }),
    swap: (rows, writes) =>
      atomically("changing rows", () => {
        const areAsRead = [rows].flat().every(({ table, key, before }) => {
          const [row] = connection.all(`select value from "${table}" where key = ?1`, checkKey(key));
          return row === undefined ? before === undefined : isRow(row.value, before);
        });
        if (areAsRead) apply([...writesOf(rows), ...writes]);
        return areAsRead;
      }),
    claim: (name, terms) =>
      atomically(`claiming "${name}"`, () => {
        checkTerms(terms);
        return claims.take(checkKey(name), terms);
      }),
    commit: (claim, writes) =>
      atomically(`committing "${claim.name}"`, () => {
        const isOurs = claims.free(claim);
        if (isOurs) apply(writes);
        return isOurs;
      }),
    renew: (claim, ttlMs) =>
      atomically(`renewing "${claim.name}"`, () => {
        checkTerms({ ttlMs });
        return claims.renew(claim, ttlMs);
      }),
    together: (work) => translated("storing", () => together(connection, state, work)),
    purge: () => translated("clearing away", () => purge(connection)),
    close,
  };
}

async function together<T>(connection: Connection, state: SqliteState, work: () => Promise<T>): Promise<T> {
  state.verify();
  const isDue = state.isDue();
  // A marker that outlives a power cut must not be newer than the file.
  if (isDue) connection.all("pragma synchronous = full");
  try {
    connection.all("begin immediate");
    const result = await work();
    if (isDue) state.stamp();
    connection.all("commit");
    if (isDue) state.mark();
    return result;
  } catch (error) {
    if (connection.isInTransaction()) connection.all("rollback");
    throw error;
  } finally {
    if (isDue) connection.all("pragma synchronous = normal");
  }
}

function purge(connection: Connection): void {
  try {
    giveSpaceBack(connection);
  } catch {
    // Somebody else reads the file: the next purge frees what this one could not.
  }
  connection.all("pragma wal_checkpoint(truncate)");
}

const upsert = (table: Table) =>
  `insert into "${table}" (key, value) values (?1, ?2) on conflict (key) do update set value = excluded.value`;

/** No UTF-8 text sorts behind the byte ff, so this is all that begins with `?1`, found through the index. */
const scan = (table: Table) => `select key, value from "${table}" where key >= ?1 and key < ?1 || cast(x'ff' as text)`;

/** Sorts behind every key, as no key holds it. */
const LAST_KEY = "\u{10ffff}\u{10ffff}";

/** `?2`: the first key past the page, or the end of all keys; `?3`: most rows. */
const scanBack = (table: Table) => `
select key, value from "${table}"
where key >= ?1 and key < ?1 || cast(x'ff' as text) and key < ?2 order by key desc limit ?3`;

function createAdapter(path: string, table: Table): KeyvSqlite {
  // SQLite sets no bound on a VARCHAR's length, whatever its number says.
  return new KeyvSqlite({ uri: `sqlite://${path}`, table, keySize: 65_535 });
}

function createTable(table: Table, adapter: KeyvSqlite): KeyValue {
  const read = async (sql: string, ...terms: readonly unknown[]) => {
    const rows: readonly { key: string; value: unknown }[] = await adapter.query(sql, ...terms);
    return rows.map(({ key, value }) => [key, value] as const);
  };
  return createKeyvTable({
    table,
    adapter,
    scan: (prefix) => read(scan(table), prefix),
    scanBack: (prefix, before, limit) => read(scanBack(table), prefix, before ?? LAST_KEY, limit),
  });
}

/** Epoch ms of the store's clock: `?1` where a test gives a time, else SQLite's own. */
const NOW = "cast(coalesce(?1, unixepoch('subsec') * 1000) as integer)";

/** A claim from further in the future was made before the clock was set back: it would hold for as long. */
const CLOCK_SLACK_MS = 60_000;

/** The fence begins with the time, so that it grows also where an old row was pruned. */
const TAKE = `
insert into claims (name, owner, fence, lease_until, claimed_at) values (?2, ?3, ${NOW}, ${NOW} + ?4, ${NOW})
on conflict (name) do update set owner = excluded.owner, fence = max(fence + 1, excluded.fence),
  lease_until = excluded.lease_until, claimed_at = excluded.claimed_at
where (lease_until <= excluded.claimed_at and claimed_at + iif(lease_until > 0, ?6, ?5) <= excluded.claimed_at)
  or claimed_at > excluded.claimed_at + ${CLOCK_SLACK_MS}
  or (?7 and owner = excluded.owner)
returning fence`;

const HOLDER = "select owner from claims where name = ?1 and lease_until > 0";

const UNTIL = "select max(lease_until, claimed_at + iif(lease_until > 0, ?3, ?2)) as until from claims where name = ?1";

const FREE =
  "update claims set lease_until = 0 where name = ?1 and owner = ?2 and fence = ?3 and lease_until > 0 returning fence";

const RENEW = `
update claims set lease_until = ${NOW} + ?2 where name = ?3 and owner = ?4 and fence = ?5 and lease_until > 0
  returning fence`;

/** Ends a claim's lease without settling it. */
const END = "update claims set lease_until = 1 where name = ?1 and owner = ?2 and lease_until > 1";

const MARK = `
insert into once (name, until_at) values (?2, ${NOW} + ?3)
on conflict (name) do update set until_at = excluded.until_at where until_at <= ${NOW}
returning name`;

/** All lapsed marks go with each hundredth new one: one by one each would cost a page, and an index to find it by. */
const PRUNE = `delete from once where until_at <= ${NOW}`;
const PRUNE_EVERY = 100;

/** Past any interval; the first claim of a name that was forgotten has a higher fence anyway. */
const FORGET_AFTER_MS = 30 * 86_400_000;

const FORGET = `delete from claims where max(lease_until, claimed_at) < ${NOW} - ${FORGET_AFTER_MS}`;

/** The steps of claims; the caller puts each into a transaction. */
export interface SqliteClaims {
  take(name: string, terms: ClaimTerms): ClaimResult;
  /** False when the claim is no longer its owner's. */
  free(claim: Claim): boolean;
  /** False when the claim is no longer its owner's. */
  renew(claim: Claim, ttlMs: number): boolean;
  /** False when the name was marked less than its time ago. */
  mark(name: string, forMs: number): boolean;
  /** Drops the names that nobody has claimed for long, and lapsed marks. */
  forget(): void;
}

export interface SqliteClaimsDeps {
  readonly connection: Connection;
  /** Tells this process from the others. */
  readonly owner: string;
  /** Null: SQLite's own clock. */
  readonly now: () => number | null;
}

export function createSqliteClaims({ connection, owner, now }: SqliteClaimsDeps): SqliteClaims {
  let marks = 0;
  return {
    take(name, { ttlMs, minIntervalMs = 0, minIntervalAfterLossMs = minIntervalMs, isReentrant = false }) {
      // A killed process never frees its claim; whoever starts next need not wait for the lease to run out.
      const holder = connection.all(HOLDER, name)[0]?.owner;
      if (typeof holder === "string" && holder !== owner && hasEnded(holder)) connection.all(END, name, holder);
      const [taken] = connection.all(
        TAKE,
        now(),
        name,
        owner,
        ttlMs,
        minIntervalMs,
        minIntervalAfterLossMs,
        Number(isReentrant),
      );
      if (taken !== undefined) return { held: true, claim: { name, owner, fence: Number(taken.fence) } };
      return {
        held: false,
        until: Number(connection.all(UNTIL, name, minIntervalMs, minIntervalAfterLossMs)[0]?.until),
      };
    },
    free: ({ name, owner, fence }) => connection.all(FREE, name, owner, fence).length > 0,
    renew: ({ name, owner, fence }, ttlMs) => connection.all(RENEW, now(), ttlMs, name, owner, fence).length > 0,
    mark(name, forMs) {
      if (connection.all(MARK, now(), name, forMs).length === 0) return false;
      marks += 1;
      if (marks % PRUNE_EVERY === 0) connection.all(PRUNE, now());
      return true;
    },
    forget() {
      connection.all(FORGET, now());
      connection.all(PRUNE, now());
    },
  };
}
