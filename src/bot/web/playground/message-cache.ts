import type { KeyValue } from "../../../store/store.js";
import type { MessageRow, ReadMessageRow } from "./message-row.js";

/** The messages that are in memory: those whose newest text is not stored yet, and the last ones that were used. */
export interface MessageCache {
  /** Undefined where there is no such message. @throws {StoreError} */
  read(key: string): Promise<MessageRow | undefined>;
  /** Undefined where it is not in memory. */
  peek(key: string): MessageRow | undefined;
  /** Takes in a message that is stored as it is. */
  keep(key: string, row: MessageRow): void;
  /** Changes it in memory, where it stays until it is saved. @throws {StoreError} when it cannot be read */
  change(key: string, change: (before: MessageRow) => MessageRow): Promise<MessageRow | undefined>;
  /** Stores it as it is now. @throws {StoreError} */
  save(key: string): Promise<void>;
  /** @throws {StoreError} */
  remove(key: string): Promise<void>;
  /** Drops all whose key begins with `prefix`. */
  forget(prefix: string): void;
}

const BOUNDS = {
  /** Saved messages, which can be read again, are kept up to this many characters, what they take besides included. */
  maxChars: 500_000,
  /** What a message takes besides its text, its controls most of all, as if it were characters. */
  charsBeside: 1_000,
};

export function createMessageCache(table: KeyValue, readRow: ReadMessageRow, bounds = BOUNDS): MessageCache {
  /** The one that was used last is the last one. */
  const rows = new Map<string, MessageRow>();
  const unsaved = new Set<string>();
  let chars = 0;
  const sizeOf = (row: MessageRow | undefined) => (row === undefined ? 0 : row.text.length + bounds.charsBeside);

  const drop = (key: string) => {
    chars -= sizeOf(rows.get(key));
    rows.delete(key);
  };
  const keep = (key: string, row: MessageRow) => {
    drop(key);
    rows.set(key, row);
    chars += sizeOf(row);
    if (chars <= bounds.maxChars) return;
    for (const oldest of rows.keys()) {
      if (chars <= bounds.maxChars / 2) break;
      if (!unsaved.has(oldest)) drop(oldest);
    }
  };
  const read = async (key: string): Promise<MessageRow | undefined> => {
    if (rows.has(key)) return rows.get(key);
    const stored = readRow(key, (await table.getMany([key]))[0]);
    // Somebody else may have read and changed it meanwhile.
    if (stored !== undefined && !rows.has(key)) keep(key, stored);
    return rows.get(key) ?? stored;
  };
  return {
    read,
    peek: (key) => rows.get(key),
    keep,
    async change(key, change) {
      const before = rows.get(key) ?? (await read(key));
      if (before === undefined) return undefined;
      const after = change(rows.get(key) ?? before);
      unsaved.add(key);
      keep(key, after);
      return after;
    },
    async save(key) {
      const row = rows.get(key);
      if (row === undefined || !unsaved.has(key)) return;
      await table.set(key, row);
      if (rows.get(key) === row) unsaved.delete(key);
    },
    async remove(key) {
      unsaved.delete(key);
      drop(key);
      await table.delete(key);
      drop(key); // somebody may have read it meanwhile
    },
    forget(prefix) {
      for (const key of [...rows.keys()].filter((each) => each.startsWith(prefix))) {
        unsaved.delete(key);
        drop(key);
      }
    },
  };
}
