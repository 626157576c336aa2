import pLimit from "p-limit";
import type { z } from "zod";
import { type Clock, nextTurn } from "../base/clock.js";
import { DAY_MS, dayOf, daysBetween } from "../base/time.js";
import { createRowReader } from "../store/damage-report.js";
import { type Entry, pagesOf, type Store, type Table } from "../store/store.js";

/** Something that happened in a workspace, `at` epoch ms. */
interface Dated {
  readonly at: number;
  readonly workspace: string;
}

/** Which rows: of one workspace or of all, from `from` (inclusive) to `to` (exclusive), epoch ms. */
export interface DailyQuery {
  readonly workspace?: string;
  readonly from: number;
  readonly to: number;
}

/** A table whose rows are found by UTC day and workspace: reading a day costs what that day holds. */
export interface DailyRows<T extends Dated> {
  /** Where a row stands; `id` is unique in its day and workspace. */
  keyOf(row: Dated & { readonly id: string }): string;
  /**
   * Calls back with each of these rows, in any order, and lets other work go on in between; damaged rows are left out,
   * and so is what is older than is kept. @throws {StoreError}
   */
  each(query: DailyQuery, visit: (row: T) => void): Promise<void>;
  /**
   * Erases the rows of all UTC days that ended at or before `before` (epoch ms), and tells how many.
   * @throws {StoreError} and then the rest is left for the next time
   */
  erase(before: number): Promise<number>;
}

export interface DailyRowsTerms<T extends Dated> {
  readonly store: Store;
  readonly clock: Clock;
  readonly table: Table;
  readonly schema: z.ZodType<T>;
  readonly keptDays: number;
}

/** Days that are read at the same time, so that a slow store answers for three months in a few round trips. */
const READ_AT_ONCE = 16;
/** Rows that are read in one step: checking so many takes about 2 ms. */
const ROWS_AT_ONCE = 250;
/** Rows that are erased in one step. */
const ERASED_AT_ONCE = 500;

export function createDailyRows<T extends Dated>(terms: DailyRowsTerms<T>): DailyRows<T> {
  const { store, table } = terms;
  const rows = store.values(table);
  return {
    keyOf: ({ at, workspace, id }) => `${prefixOf(dayOf(at), workspace)}${id}`,
    each: createEach(terms),
    async erase(before) {
      let erased = 0;
      for (const prefix of prefixesBefore(dayOf(before))) {
        const keys = (await rows.entries(prefix)).map(([key]) => key);
        for (let from = 0; from < keys.length; from += ERASED_AT_ONCE) {
          const part = keys.slice(from, from + ERASED_AT_ONCE);
          await store.write(part.map((key) => ({ table, key, value: undefined })));
          erased += part.length;
        }
      }
      return erased;
    },
  };
}

function createEach<T extends Dated>({
  store,
  clock,
  table,
  schema,
  keptDays,
}: DailyRowsTerms<T>): DailyRows<T>["each"] {
  const rows = store.values(table);
  const readRow = createRowReader(rows, schema);
  return async ({ workspace, from, to }, visit) => {
    const oldest = Math.max(from, clock.now() - keptDays * DAY_MS);
    const newest = Math.min(to, clock.now() + DAY_MS); // another replica's clock may be ahead
    const isWanted = (entry: T) =>
      entry.at >= oldest && entry.at < newest && (workspace === undefined || entry.workspace === workspace);
    const oneOfMany = pLimit(READ_AT_ONCE);
    const inTurn = pLimit(1);
    let visited = 0;
    const visitRows = async (entries: readonly Entry[]) => {
      visited += entries.length;
      if (visited >= ROWS_AT_ONCE) {
        visited = 0;
        await nextTurn();
      }
      for (const [key, row] of entries) {
        const entry = readRow(key, row);
        if (entry !== undefined && isWanted(entry)) visit(entry);
      }
    };
    const visitDay = async (prefix: string) => {
      for await (const page of pagesOf(rows, prefix, ROWS_AT_ONCE)) await inTurn(() => visitRows(page));
    };
    await Promise.all(daysBetween(oldest, newest).map((day) => oneOfMany(() => visitDay(prefixOf(day, workspace)))));
  };
}

const prefixOf = (day: string, workspace?: string) => `${day}/${workspace === undefined ? "" : `${workspace}/`}`;

/**
 * Beginnings that together are those of all earlier days and of no other: before "2026": "0", "1", "200", "201" to
 * "2025".
 */
function prefixesBefore(day: string): readonly string[] {
  return [...day].flatMap((digit, place) =>
    digit === "-" ? [] : Array.from({ length: Number(digit) }, (_, smaller) => `${day.slice(0, place)}${smaller}`),
  );
}
