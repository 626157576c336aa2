import type { z } from "zod";
import { BoundedSet } from "../base/bounded-map.js";
import type { Log } from "../base/log.js";
import { plural } from "../languages/translate.js";
import {
  DAMAGED,
  DamagedRowError,
  type Entry,
  type KeyValue,
  type Store,
  type Table,
  type Write,
  writesOf,
} from "./store.js";

/** The damaged rows that were met: they are kept as they are until something else is written in their place. */
export interface DamageReport {
  /** Logs a row's damage once; false takes it back. */
  note(table: Table, key: string, isDamaged: boolean): void;
  /** A line for each table that has some, without their keys. */
  warnings(): readonly string[];
}

/** More of one table are counted no further. */
const MAX_COUNTED = 1_000;

/** What the damage of a table means for people, where it means more than the loss of the rows. */
const EFFECTS: Partial<Record<Table, string>> = {
  settings: "only operators are answered there until one of them changes a setting, which replaces the row",
};

export function createDamageReport(log: Pick<Log, "warn">): DamageReport {
  const damaged = new Map<Table, BoundedSet<string>>();
  return {
    note(table, key, isDamaged) {
      const keys = damaged.get(table) ?? new BoundedSet<string>(MAX_COUNTED);
      if (!isDamaged) keys.delete(key);
      else if (!keys.has(key)) {
        damaged.set(table, keys.add(key));
        log.warn({ table, key }, "store: row is damaged and kept as it is");
      }
    },
    warnings: () =>
      [...damaged]
        .filter(([, keys]) => keys.size > 0)
        .map(([table, { size }]) => {
          const what = `store: ${plural(size, "damaged row")} in ${table}`;
          return EFFECTS[table] === undefined ? what : `${what}: ${EFFECTS[table]}`;
        }),
  };
}

type Call<A extends readonly unknown[], T> = (...terms: A) => Promise<T>;

/** Wraps a store: damage is reported that shows by itself, and what the readers of a table tell of its rows. */
export function reportingStore(store: Store, report: DamageReport): Store {
  /** What was written is whole. `rowsOf`: what a call writes, unless it resolves with false. */
  const noted =
    <A extends readonly unknown[], T>(call: Call<A, T>, rowsOf: (...terms: A) => readonly Omit<Write, "value">[]) =>
    async (...terms: A): Promise<T> => {
      const result = await call(...terms);
      if (result !== false) for (const { table, key } of rowsOf(...terms)) report.note(table, key, false);
      return result;
    };
  return {
    ...store,
    values(table) {
      const rows = store.values(table);
      const seen =
        <A extends readonly unknown[], T>(call: Call<A, T>, entriesOf: (found: T, ...terms: A) => readonly Entry[]) =>
        async (...terms: A): Promise<T> => {
          const found = await call(...terms);
          for (const [key, value] of entriesOf(found, ...terms)) if (value === DAMAGED) report.note(table, key, true);
          return found;
        };
      return {
        ...rows,
        noteDamage: (key, isDamaged) => report.note(table, key, isDamaged),
        get: (key) =>
          rows.get(key).catch((error) => {
            if (error instanceof DamagedRowError) report.note(table, key, true);
            throw error;
          }),
        getMany: seen(rows.getMany, (found, keys) => keys.map((key, index) => [key, found[index]])),
        entries: seen(rows.entries, (found) => found),
        page: seen(rows.page, ({ entries }) => entries),
        set: noted(rows.set, (key) => [{ table, key }]),
        delete: noted(rows.delete, (key) => [{ table, key }]),
      };
    },
    write: noted(store.write, (writes) => writes),
    writeOnce: noted(store.writeOnce, (_name, _forMs, writes) => writes),
    swap: noted(store.swap, (rows, writes) => [...writesOf(rows), ...writes]),
    commit: noted(store.commit, (_claim, writes) => writes),
  };
}

/** Reads rows of one table. A row that is not what the table holds is reported, and read as undefined. */
export const createRowReader =
  <T>(table: Pick<KeyValue, "noteDamage">, schema: z.ZodType<T>) =>
  (key: string, row: unknown): T | undefined => {
    if (row === undefined) return undefined;
    const parsed = schema.safeParse(row);
    table.noteDamage?.(key, !parsed.success);
    return parsed.data;
  };
