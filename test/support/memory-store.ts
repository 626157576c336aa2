import { messageOf } from "../../src/base/errors.js";
import {
  type Claim,
  checkKey,
  checkTerms,
  DAMAGED as DAMAGED_ROW,
  DamagedRowError,
  type KeyValue,
  type Store,
  StoreError,
  TABLES,
  type Table,
  type Write,
  writesOf,
} from "../../src/store/store.js";

export interface MemoryStore extends Store {
  /** From now on every call fails, as with a store that cannot be reached, until `recover`. */
  breakDown(): void;
  recover(): void;
  /** Makes a row unreadable. */
  damage(table: Table, key: string): void;
  /** A row as it is stored; undefined where there is none. */
  peek(table: Table, key: string): unknown;
  /** How many calls have reached the store. */
  calls(): number;
  /** The same data as another process has it. */
  another(): MemoryStore;
}

interface ClaimRecord {
  owner: string | null;
  fence: number;
  claimedAt: number;
  leaseUntil: number;
}

const DAMAGED = "{";

/** A whole store in memory: values are JSON text, so what does not survive JSON is refused. `now` is the store's clock. */
export function memoryStore(now: () => number): MemoryStore {
  const tables = new Map<Table, Map<string, string>>(TABLES.map((table) => [table, new Map()]));
  const claims = new Map<string, ClaimRecord>();
  const once = new Map<string, number>();
  let isDown = false;
  let isClosed = false;
  let calls = 0;
  let openings = 0;

  const rowsOf = (table: Table) => {
    const rows = tables.get(table);
    if (rows === undefined) throw new StoreError(`there is no table "${table}"`);
    return rows;
  };
  /** Every call comes back later than it was made, as a real one. */
  async function reach(): Promise<void> {
    calls += 1;
    await Promise.resolve();
    if (isClosed) throw new StoreError("it is closed");
    if (isDown) throw new StoreError("it cannot be reached");
  }
  function apply(writes: readonly Write[]): void {
    const prepared = writes.map(
      ({ table, key, value }) =>
        [rowsOf(table), checkKey(key), value === undefined ? undefined : toText(value)] as const,
    );
    for (const [rows, key, text] of prepared) {
      if (text === undefined) rows.delete(key);
      else rows.set(key, text);
    }
  }

  function values(table: Table): KeyValue {
    const rows = rowsOf(table);
    return {
      async get(key) {
        await reach();
        return fromText(rows.get(checkKey(key)), `row "${key}" of "${table}"`);
      },
      async getMany(keys) {
        await reach();
        return keys.map((key) => fromTextOrDamaged(rows.get(checkKey(key))));
      },
      async set(key, value) {
        await reach();
        if (value === undefined) throw new StoreError("undefined is not a value");
        apply([{ table, key, value }]);
      },
      async delete(key) {
        await reach();
        rows.delete(checkKey(key));
      },
      async entries(prefix = "") {
        await reach();
        return [...rows]
          .filter(([key]) => key.startsWith(prefix))
          .map(([key, text]) => [key, fromTextOrDamaged(text)] as const)
          .sort(([a], [b]) => (a < b ? -1 : 1));
      },
      async page(prefix, { before, limit }) {
        await reach();
        const keys = [...rows.keys()].filter((key) => key.startsWith(prefix) && (before === undefined || key < before));
        const last = keys.sort((a, b) => (a < b ? -1 : 1)).slice(-limit);
        return {
          entries: last.map((key) => [key, fromTextOrDamaged(rows.get(key) ?? "")] as const),
          before: last.length < limit ? undefined : last[0],
        };
      },
    };
  }

  const openAs = (owner: string): MemoryStore => ({
    values,
    async write(writes) {
      await reach();
      apply(writes);
    },
    async writeOnce(name, forMs, writes) {
      await reach();
      if ((once.get(checkKey(name)) ?? 0) > now()) return false;
      apply(writes);
      once.set(name, now() + forMs);
      return true;
    },
    async swap(rows, writes) {
      await reach();
      const areAsRead = [rows].flat().every(({ table, key, before }) => {
        const stored = rowsOf(table).get(checkKey(key));
        return stored === (before === undefined ? undefined : toText(before));
      });
      if (areAsRead) apply([...writesOf(rows), ...writes]);
      return areAsRead;
    },
    async claim(name, { ttlMs, minIntervalMs = 0, minIntervalAfterLossMs = minIntervalMs, isReentrant }) {
      await reach();
      checkTerms({ ttlMs, minIntervalMs, minIntervalAfterLossMs });
      const last = claims.get(name);
      const intervalMs = last?.owner === null ? minIntervalMs : minIntervalAfterLossMs;
      const until = last === undefined ? 0 : Math.max(last.leaseUntil, last.claimedAt + intervalMs);
      const isFromTheFuture = last !== undefined && last.claimedAt > now() + 60_000; // the clock was set back
      const isOurs = isReentrant === true && last?.owner === owner;
      if (last !== undefined && until > now() && !isFromTheFuture && !isOurs) return { held: false, until };
      const fence = (last?.fence ?? 0) + 1;
      claims.set(name, { owner, fence, claimedAt: now(), leaseUntil: now() + ttlMs });
      return { held: true, claim: { name, owner, fence } };
    },
    async commit(claim: Claim, writes) {
      await reach();
      const record = claims.get(claim.name);
      if (record === undefined || record.owner !== claim.owner || record.fence !== claim.fence) return false;
      apply(writes);
      record.owner = null;
      record.leaseUntil = 0;
      return true;
    },
    async renew(claim, ttlMs) {
      await reach();
      checkTerms({ ttlMs });
      const record = claims.get(claim.name);
      if (record === undefined || record.owner !== claim.owner || record.fence !== claim.fence) return false;
      record.leaseUntil = now() + ttlMs;
      return true;
    },
    async purge() {
      await reach();
    },
    async close() {
      isClosed = true;
    },
    breakDown() {
      isDown = true;
    },
    recover() {
      isDown = false;
    },
    damage: (table, key) => void rowsOf(table).set(key, DAMAGED),
    peek: (table, key) => fromTextOrNothing(rowsOf(table).get(key)),
    calls: () => calls,
    another: () => openAs(`memory-${++openings}`),
  });
  return openAs("memory-0");
}

function toText(value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    throw new StoreError(`the value is not JSON: ${messageOf(error)}`, error);
  }
  if (text === undefined) throw new StoreError("the value is not JSON");
  // A Map, a Date or a NaN would come back as something else.
  const isSame = (a: unknown, b: unknown): boolean => {
    if (typeof a !== "object" || a === null || typeof b !== "object" || b === null) return Object.is(a, b);
    if (Array.isArray(a) !== Array.isArray(b)) return false;
    if (!Array.isArray(a) && ![Object.prototype, null].includes(Object.getPrototypeOf(a))) return false;
    const present = Object.entries(a).filter(([, item]) => item !== undefined);
    const other = b as Record<string, unknown>;
    return present.length === Object.keys(b).length && present.every(([key, item]) => isSame(item, other[key]));
  };
  if (!isSame(value, JSON.parse(text))) throw new StoreError("the value does not survive JSON");
  return text;
}

const fromTextOrDamaged = (text: string | undefined): unknown =>
  text === DAMAGED ? DAMAGED_ROW : fromTextOrNothing(text);

function fromTextOrNothing(text: string | undefined): unknown {
  return text === undefined || text === DAMAGED ? undefined : JSON.parse(text);
}

function fromText(text: string | undefined, what: string): unknown {
  if (text === DAMAGED) throw new DamagedRowError(what);
  return fromTextOrNothing(text);
}
