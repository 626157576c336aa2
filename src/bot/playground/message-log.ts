import type { Store } from "../../store/store.js";
import { CHANNEL_PREFIX, messageId, numberOf, type Row, readChannels, readRow, rowKey, rowPrefix } from "./rows.js";

export interface MessageLogDeps {
  readonly store: Store;
  /** A random suffix of `[a-z0-9]`. */
  newId(): string;
}

/** What the playground's chat service remembers: channels and their messages, in memory and in the store. */
export interface MessageLog {
  /** Reads the list of channels. @throws {StoreError} */
  load(): Promise<void>;
  /** In the order in which they came into being. */
  channels(): readonly string[];
  /** Oldest first. @throws {StoreError} */
  list(channel: string): Promise<readonly Row[]>;
  /** @throws {StoreError} */
  find(channel: string, id: string): Promise<Row | undefined>;
  /** Stores a new message, and the channel with it. @throws {StoreError} and then there is none */
  add(channel: string, message: Omit<Row, "id">): Promise<Row>;
  /** Changes what everybody sees now; `save` keeps it. Undefined where there is no such message. @throws {StoreError} */
  change(channel: string, id: string, change: (before: Row) => Row): Promise<Row | undefined>;
  /** Stores the message as it is now. @throws {StoreError} */
  save(channel: string, id: string): Promise<void>;
  /** @throws {StoreError} */
  remove(channel: string, id: string): Promise<void>;
  /** Erases channels whose last message is older than `before` (epoch ms), and tells how many. @throws {StoreError} */
  eraseUntouched(before: number): Promise<number>;
}

interface Channel {
  readonly rows: Map<string, Row>;
  nextNumber: number;
}

export function createMessageLog({ store, newId }: MessageLogDeps): MessageLog {
  const table = store.values("messages");
  const opened = new Map<string, Promise<Channel>>();
  let names: readonly string[] = [];

  const read = async (name: string): Promise<Channel> => {
    const entries = await table.entries(rowPrefix(name));
    const rows = entries.map(([, value]) => readRow(value)).filter((row) => row !== undefined);
    const numbers = entries.map(([key]) => numberOf(key.slice(rowPrefix(name).length)));
    return { rows: new Map(rows.map((row) => [row.id, row])), nextNumber: Math.max(0, ...numbers) + 1 };
  };
  const open = (name: string): Promise<Channel> => {
    const known = opened.get(name);
    if (known !== undefined) return known;
    const opening = read(name);
    opened.set(name, opening);
    opening.catch(() => opened.delete(name)); // the caller gets the error; the next one reads again
    return opening;
  };
  const closed: Channel = { rows: new Map(), nextNumber: 1 };
  /** Looking at a channel that does not exist leaves nothing behind. */
  const look = (name: string) => (names.includes(name) ? open(name) : Promise.resolve(closed));

  return {
    async load() {
      names = readChannels(await table.entries(CHANNEL_PREFIX));
    },
    channels: () => names,
    list: async (name) => [...(await look(name)).rows.values()],
    find: async (name, id) => (await look(name)).rows.get(id),
    async add(name, message) {
      const channel = await open(name);
      const row: Row = { id: messageId(channel.nextNumber++, newId()), ...message };
      const isNew = !names.includes(name);
      if (isNew) names = [...names, name]; // at once, so that a second first message does not lose this one
      try {
        await store.write([
          ...(isNew ? [{ table: "messages", key: CHANNEL_PREFIX + name, value: { at: message.at } } as const] : []),
          { table: "messages", key: rowKey(name, row.id), value: row },
        ]);
      } catch (error) {
        if (isNew) names = names.filter((each) => each !== name);
        throw error;
      }
      channel.rows.set(row.id, row);
      return row;
    },
    async change(name, id, change) {
      const { rows } = await look(name);
      const before = rows.get(id);
      if (before === undefined) return undefined;
      const after = change(before);
      rows.set(id, after);
      return after;
    },
    async save(name, id) {
      const row = (await look(name)).rows.get(id);
      if (row !== undefined) await table.set(rowKey(name, id), row);
    },
    async remove(name, id) {
      (await look(name)).rows.delete(id);
      await table.delete(rowKey(name, id));
    },
    async eraseUntouched(before) {
      let erased = 0;
      for (const name of names) {
        const rows = [...(await open(name)).rows.values()];
        if (rows.some(({ at }) => at >= before)) continue;
        await store.write([
          ...rows.map(({ id }) => ({ table: "messages", key: rowKey(name, id), value: undefined }) as const),
          { table: "messages", key: CHANNEL_PREFIX + name, value: undefined },
        ]);
        names = names.filter((each) => each !== name);
        opened.delete(name);
        erased += 1;
      }
      return erased;
    },
  };
}
