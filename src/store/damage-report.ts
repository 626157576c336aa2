import type { z } from "zod";
import { BoundedSet } from "../base/bounded-map.js";
import type { Log } from "../base/log.js";
import { plural } from "../languages/translate.js";
import { DAMAGED, DamagedRowError, type KeyValue, type Store, type Table, type Write, writesOf } from "./store.js";

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

/** Wraps a store: damage is reported that shows by itself, and what the readers of a table tell of its rows. */
export function reportingStore(store: Store, report: DamageReport): Store {
  const noteWrites = (writes: readonly Write[]) => {
    for (const { table, key } of writes) report.note(table, key, false);
  };
  return {
    ...store,
    values: (table) => reportingTable(store.values(table), table, report),
    async write(writes) {
      await store.write(writes);
      noteWrites(writes);
    },
    async writeOnce(name, forMs, writes) {
      const isDone = await store.writeOnce(name, forMs, writes);
      if (isDone) noteWrites(writes);
      return isDone;
    },
    async swap(rows, writes) {
      const isDone = await store.swap(rows, writes);
      if (isDone) noteWrites([...writesOf(rows), ...writes]);
      return isDone;
    },
    async commit(claim, writes) {
      const isDone = await store.commit(claim, writes);
      if (isDone) noteWrites(writes);
      return isDone;
    },
  };
}

function reportingTable(values: KeyValue, table: Table, report: DamageReport): KeyValue {
  const note = (key: string, value: unknown) => value === DAMAGED && report.note(table, key, true);
  return {
    ...values,
    noteDamage: (key, isDamaged) => report.note(table, key, isDamaged),
    async get(key) {
      try {
        return await values.get(key);
      } catch (error) {
        if (error instanceof DamagedRowError) report.note(table, key, true);
        throw error;
      }
    },
    async getMany(keys) {
      const found = await values.getMany(keys);
      keys.forEach((key, index) => void note(key, found[index]));
      return found;
    },
    async entries(prefix) {
      const found = await values.entries(prefix);
      for (const [key, value] of found) note(key, value);
      return found;
    },
    async page(prefix, terms) {
      const found = await values.page(prefix, terms);
      for (const [key, value] of found.entries) note(key, value);
      return found;
    },
    async set(key, value) {
      await values.set(key, value);
      report.note(table, key, false);
    },
    async delete(key) {
      await values.delete(key);
      report.note(table, key, false);
    },
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
