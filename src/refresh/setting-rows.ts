import { randomUUID } from "node:crypto";
import { z } from "zod";
import { createRowReader } from "../store/damage-report.js";
import { DAMAGED, type Store, type Write } from "../store/store.js";

/** What was read, undefined where there is no row any more, up to the change with this id. */
export interface SettingsRead<T> {
  readonly read: readonly (readonly [workspace: string, settings: T | undefined])[];
  readonly upTo: string | null;
}

export type WritesOf<T> = (before: T, after: T) => readonly Write[];

/** How settings lie in the store's table "settings": a row per workspace, and one that names the latest changes. */
export interface SettingRows<T> {
  /**
   * Reads what has changed after the change `since` (everything where unset, also that of `known` which is gone);
   * undefined where nothing has. @throws {StoreError}
   */
  readSince(since: string | null | undefined, known: Iterable<string>): Promise<SettingsRead<T> | undefined>;
  /**
   * Changes a row as it is stored now, and writes what `also` makes of the change in the same step; `inherited`: what a
   * workspace without one begins with. @throws {StoreError}
   */
  change(workspace: string, inherited: () => T, change: (before: T) => T, also?: WritesOf<T>): Promise<T>;
}

/** The row that names the latest changes, so that nobody has to read all rows; no workspace is called so. */
const CHANGES_KEY = ":changes";
/** Whoever has missed more changes reads everything. */
const MAX_CHANGES = 50;
/** After that many lost swaps the stored row is overwritten. */
const CHANGE_ATTEMPTS = 5;

/** `damaged`: what a row that can't be read counts as. */
export function createSettingRows<T extends object>(
  store: Store,
  { schema, damaged, empty }: { readonly schema: z.ZodType<T>; readonly damaged: T; readonly empty: T },
): SettingRows<T> {
  const rows = store.values("settings");
  const readRow = createRowReader(rows, schema);
  const readChanges = createRowReader(rows, changesSchema);
  const changesIn = (row: unknown) => readChanges(CHANGES_KEY, row)?.latest ?? [];
  const settingsIn = (workspace: string, row: unknown): T | undefined =>
    row === undefined ? undefined : (readRow(workspace, row) ?? damaged);

  async function readAll(known: Iterable<string>): Promise<SettingsRead<T>["read"]> {
    const stored = (await rows.entries()).filter(([key]) => key !== CHANGES_KEY);
    const here = new Set(stored.map(([workspace]) => workspace));
    const gone = [...known].filter((workspace) => !here.has(workspace));
    return [
      ...stored.map(([workspace, row]) => [workspace, settingsIn(workspace, row)] as const),
      ...gone.map((workspace) => [workspace, undefined] as const),
    ];
  }

  return {
    async readSince(since, known) {
      const [row] = await rows.getMany([CHANGES_KEY]);
      const latest = changesIn(row);
      const upTo = latest.at(-1)?.id ?? null;
      if (upTo === since && row !== DAMAGED) return undefined;
      const seen = latest.findIndex(({ id }) => id === since);
      if (seen === -1) return { read: await readAll(known), upTo };
      const missed = [...new Set(latest.slice(seen + 1).map(({ workspace }) => workspace))];
      const found = await rows.getMany(missed);
      return { read: missed.map((workspace, index) => [workspace, settingsIn(workspace, found[index])]), upTo };
    },
    async change(workspace, inherited, change, also = () => []) {
      for (let attempt = 1; ; attempt++) {
        const [changesRow, before] = await rows.getMany([CHANGES_KEY, workspace]);
        const known = before === undefined ? inherited() : (readRow(workspace, before) ?? empty);
        const after = change(known);
        const latest = [...changesIn(changesRow), { id: randomUUID(), workspace }];
        const row = { table: "settings", key: CHANGES_KEY } as const;
        const writes = [{ table: "settings", key: workspace, value: after } as const, ...also(known, after)];
        if (changesRow === DAMAGED || attempt > CHANGE_ATTEMPTS) {
          // A list of this change alone makes everybody read everything.
          await store.write([{ ...row, value: { latest: latest.slice(-1) } }, ...writes]);
          return after;
        }
        // Every change replaces that list: where it is still the one that was read, so is the workspace's row.
        const swap = { ...row, before: changesRow, after: { latest: latest.slice(-MAX_CHANGES) } };
        if (await store.swap(swap, writes)) return after;
      }
    },
  };
}

const changesSchema = z.object({ latest: z.array(z.object({ id: z.string(), workspace: z.string() })) });
