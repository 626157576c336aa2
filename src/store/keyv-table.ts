import { Keyv, type KeyvOptions, type KeyvStoreAdapter } from "keyv";
import {
  checkKey,
  DAMAGED,
  DamagedRowError,
  decodeRow,
  type Entry,
  encodeRow,
  type KeyValue,
  type Page,
  type Table,
  translated,
} from "./store.js";

export interface KeyvTableParts {
  readonly table: Table;
  /** A store object for this table alone: the last Keyv that is built on a store object changes its namespace. */
  readonly adapter: KeyvStoreAdapter;
  /** What the adapter puts before each key, where it shares one key space with other tables. */
  readonly namespace?: string;
  /**
   * Keys and texts of all rows whose key begins with `prefix`, in any order. Keyv's own iterator takes `_` for a
   * wildcard.
   */
  readonly scan: (prefix: string) => Promise<readonly Entry[]>;
  /** The last `limit` of them whose key sorts before `before`, the last one first. */
  readonly scanBack: (prefix: string, before: string | undefined, limit: number) => Promise<readonly Entry[]>;
}

/** The rows of what a scan found, sorted by key. */
export const readEntries = (rows: readonly Entry[]): readonly Entry[] =>
  rows.map(([key, text]) => [key, decodeRow(text)] as const).sort(([a], [b]) => (a < b ? -1 : 1));

/** A page of what was found from the last row on. */
export const readPage = (rows: readonly Entry[], limit: number): Page => ({
  entries: readEntries(rows),
  before: rows.length < limit ? undefined : rows.at(-1)?.[0],
});

const OPTIONS: Omit<KeyvOptions, "store"> = {
  // The table is the namespace; Keyv's own would stand before every key.
  useKeyPrefix: false,
  // Else a failed read is "not there" and a failed write is false.
  throwOnErrors: true,
  serialize: ({ value }) => encodeRow(value),
  // Never throws, so that one damaged row does not fail the reading of the others; never lets anything expire.
  deserialize: (text) => ({ value: decodeRow(text) as never }),
};

/** Narrows a Keyv to the port: one row's damage stays its own, and what failed is named. */
export function createKeyvTable({ table, adapter, namespace, scan, scanBack }: KeyvTableParts): KeyValue {
  const keyv = new Keyv<unknown>(adapter, { ...OPTIONS, ...(namespace !== undefined && { namespace }) });
  keyv.on("error", () => {}); // the call that failed throws the same error

  return {
    get: (key) =>
      translated(`reading "${key}" of ${table}`, async () => {
        const value = await keyv.get(checkKey(key));
        if (value === DAMAGED) throw new DamagedRowError(`the row "${key}" of ${table}`);
        return value;
      }),
    getMany: (keys) =>
      translated(`reading ${keys.length} rows of ${table}`, async () => {
        if (keys.length === 0) return [];
        return keyv.getMany(keys.map(checkKey));
      }),
    set: (key, value) =>
      translated(`writing "${key}" of ${table}`, async () => void (await keyv.set(checkKey(key), value))),
    delete: (key) => translated(`deleting "${key}" of ${table}`, async () => void (await keyv.delete(checkKey(key)))),
    entries: (prefix = "") => translated(`reading ${table}`, async () => readEntries(await scan(prefix))),
    page: (prefix, { before, limit }) =>
      translated(`reading a page of ${table}`, async () => readPage(await scanBack(prefix, before, limit), limit)),
  };
}
