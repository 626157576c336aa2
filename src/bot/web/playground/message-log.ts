import type { Store } from "../../../store/store.js";
import { type ChannelList, createChannelList } from "./channel-list.js";
import { messageId, numberOf, type Row, readRow, rowKey, rowPrefix } from "./rows.js";

export interface MessageLogDeps {
  readonly store: Store;
  /** A random suffix of `[a-z0-9]`. */
  newId(): string;
}

/** What the playground's chat service remembers: channels and their messages, in memory and in the store. */
export interface MessageLog {
  readonly channels: Pick<ChannelList, "all" | "has" | "isTaken" | "rename">;
  /** Reads the list of channels. @throws {StoreError} */
  load(): Promise<void>;
  /** Stores a channel without messages; false where it was there. @throws {StoreError} and then there is none */
  create(channel: string, at: number): Promise<boolean>;
  /** Erases a channel and its messages; false where there is none. @throws {StoreError} and then it is still there */
  erase(channel: string): Promise<boolean>;
  /** Oldest first. @throws {StoreError} */
  list(channel: string): Promise<readonly Row[]>;
  /** @throws {StoreError} */
  find(channel: string, id: string): Promise<Row | undefined>;
  /** Stores a new message, and the channel with it. @throws {StoreError} and then there is none */
  add(channel: string, message: Omit<Row, "id">): Promise<Row>;
  /**
   * Changes what everybody sees now; `save` keeps it. Undefined where there is no such message. @throws {StoreError}
   */
  change(channel: string, id: string, change: (before: Row) => Row): Promise<Row | undefined>;
  /** Stores the message as it is now. @throws {StoreError} */
  save(channel: string, id: string): Promise<void>;
  /** @throws {StoreError} */
  remove(channel: string, id: string): Promise<void>;
  /** Erases channels whose last message is older than `before` (epoch ms), and tells how many. @throws {StoreError} */
  eraseUntouched(before: number): Promise<number>;
}

interface Opened {
  readonly rows: Map<string, Row>;
  nextNumber: number;
}

export function createMessageLog({ store, newId }: MessageLogDeps): MessageLog {
  const table = store.values("messages");
  const channels = createChannelList(store);
  const opened = new Map<string, Promise<Opened>>();

  const read = async (channel: string): Promise<Opened> => {
    const entries = await table.entries(rowPrefix(channel));
    const rows = entries.map(([, value]) => readRow(value)).filter((row) => row !== undefined);
    const numbers = entries.map(([key]) => numberOf(key.slice(rowPrefix(channel).length)));
    return { rows: new Map(rows.map((row) => [row.id, row])), nextNumber: Math.max(0, ...numbers) + 1 };
  };
  const open = (channel: string): Promise<Opened> => {
    const known = opened.get(channel);
    if (known !== undefined) return known;
    const opening = read(channel);
    opened.set(channel, opening);
    opening.catch(() => opened.delete(channel)); // the caller gets the error; the next one reads again
    return opening;
  };
  const closed: Opened = { rows: new Map(), nextNumber: 1 };
  /** Looking at a channel that does not exist leaves nothing behind. */
  const look = (channel: string) => (channels.has(channel) ? open(channel) : Promise.resolve(closed));

  const create = async (channel: string, at: number) => {
    const write = channels.enter(channel, at);
    if (write === undefined) return false;
    await store.write([write]).catch((error) => {
      channels.leave(channel);
      throw error;
    });
    return true;
  };
  const erase = async (channel: string) => {
    if (!channels.has(channel)) return false;
    // By what is stored: a damaged message goes as well.
    const keys = (await table.entries(rowPrefix(channel))).map(([key]) => key);
    const known = [...(await open(channel)).rows.keys()].map((id) => rowKey(channel, id));
    const before = channels.all().find(({ id }) => id === channel);
    const gone = channels.leave(channel);
    opened.delete(channel);
    try {
      const rows = [...new Set([...keys, ...known])];
      await store.write([...rows.map((key) => ({ table: "messages", key, value: undefined }) as const), gone]);
    } catch (error) {
      if (before !== undefined) channels.enter(channel, before.at, before.name);
      throw error;
    }
    return true;
  };

  return {
    channels,
    load: channels.load,
    create,
    erase,
    list: async (channel) => [...(await look(channel)).rows.values()],
    find: async (channel, id) => (await look(channel)).rows.get(id),
    async add(channel, message) {
      const place = await open(channel);
      const row: Row = { id: messageId(place.nextNumber++, newId()), ...message };
      const made = channels.enter(channel, message.at); // at once, so that a second first message does not lose this one
      try {
        await store.write([...(made ? [made] : []), { table: "messages", key: rowKey(channel, row.id), value: row }]);
      } catch (error) {
        if (made) channels.leave(channel);
        throw error;
      }
      place.rows.set(row.id, row);
      return row;
    },
    async change(channel, id, change) {
      const { rows } = await look(channel);
      const before = rows.get(id);
      if (before === undefined) return undefined;
      const after = change(before);
      rows.set(id, after);
      return after;
    },
    async save(channel, id) {
      const row = (await look(channel)).rows.get(id);
      if (row !== undefined) await table.set(rowKey(channel, id), row);
    },
    async remove(channel, id) {
      (await look(channel)).rows.delete(id);
      await table.delete(rowKey(channel, id));
    },
    async eraseUntouched(before) {
      let erased = 0;
      for (const { id, at } of channels.all()) {
        const rows = [...(await open(id)).rows.values()];
        if (at >= before || rows.some((row) => row.at >= before)) continue;
        if (await erase(id)) erased += 1;
      }
      return erased;
    },
  };
}
