import { readEntries, readPage } from "../keyv-table.js";
import { checkKey, DAMAGED, decodeRow } from "../row.js";
import { DamagedRowError, type KeyValue, StoreError, type Table, translated, type Write } from "../store.js";
import type { Connections } from "./postgres-connection.js";
import { GET, GET_MANY, SCAN, SCAN_BACK } from "./postgres-statements.js";

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
