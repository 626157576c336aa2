import type { KeyValue, Store } from "../../../store/store.js";
import { type ChannelList, createChannelList } from "./channel-list.js";
import { type MessageRow, messageId, numberOf, readRow, rowKey, rowPrefix } from "./message-row.js";

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
  list(channel: string): Promise<readonly MessageRow[]>;
  /** @throws {StoreError} */
  find(channel: string, id: string): Promise<MessageRow | undefined>;
  /** Stores a new message, and the channel with it. @throws {StoreError} and then there is none */
  add(channel: string, message: Omit<MessageRow, "id">): Promise<MessageRow>;
  /** Changes what everybody sees; `save` stores it. Undefined where there is no such message. @throws {StoreError} */
  change(channel: string, id: string, change: (before: MessageRow) => MessageRow): Promise<MessageRow | undefined>;
  /** Stores the message as it is now. @throws {StoreError} */
  save(channel: string, id: string): Promise<void>;
  /** @throws {StoreError} */
  remove(channel: string, id: string): Promise<void>;
  /** Erases channels whose last message is older than `before` (epoch ms); returns how many. @throws {StoreError} */
  eraseUntouched(before: number): Promise<number>;
}

export function createMessageLog({ store, newId }: MessageLogDeps): MessageLog {
  const table = store.values("messages");
  const channels = createChannelList(store);
  const cache = createCache(table);
  /** Looking at a channel that does not exist leaves nothing behind. */
  const look = async (channel: string): Promise<Map<string, MessageRow>> =>
    channels.has(channel) ? (await cache.open(channel)).rows : new Map();
  const parts: LogParts = { store, table, channels, cache };

  return {
    channels,
    load: channels.load,
    async create(channel, at) {
      const write = channels.enter(channel, at);
      if (write === undefined) return false;
      await store.write([write]).catch((error) => {
        channels.leave(channel);
        throw error;
      });
      return true;
    },
    erase: (channel) => eraseChannel(parts, channel),
    list: async (channel) => [...(await look(channel)).values()],
    find: async (channel, id) => (await look(channel)).get(id),
    async add(channel, message) {
      const place = await cache.open(channel);
      const row: MessageRow = { id: messageId(place.nextNumber++, newId()), ...message };
      // At once, so that another first message at the same time does not lose this one.
      const made = channels.enter(channel, message.at);
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
      const rows = await look(channel);
      const before = rows.get(id);
      if (before === undefined) return undefined;
      const after = change(before);
      rows.set(id, after);
      return after;
    },
    async save(channel, id) {
      const row = (await look(channel)).get(id);
      if (row !== undefined) await table.set(rowKey(channel, id), row);
    },
    async remove(channel, id) {
      (await look(channel)).delete(id);
      await table.delete(rowKey(channel, id));
    },
    eraseUntouched: (before) => eraseUntouched(parts, before),
  };
}

interface OpenChannel {
  readonly rows: Map<string, MessageRow>;
  nextNumber: number;
}

/** The messages of channels in memory; a channel is read when it is first opened. */
function createCache(table: KeyValue) {
  const opened = new Map<string, Promise<OpenChannel>>();
  const read = async (channel: string): Promise<OpenChannel> => {
    const entries = await table.entries(rowPrefix(channel));
    const rows = entries.map(([, value]) => readRow(value)).filter((row) => row !== undefined);
    const numbers = entries.map(([key]) => numberOf(key.slice(rowPrefix(channel).length)));
    return { rows: new Map(rows.map((row) => [row.id, row])), nextNumber: Math.max(0, ...numbers) + 1 };
  };
  return {
    open(channel: string): Promise<OpenChannel> {
      const before = opened.get(channel);
      if (before !== undefined) return before;
      const opening = read(channel);
      opened.set(channel, opening);
      opening.catch(() => opened.delete(channel)); // the caller gets the error; the next one reads again
      return opening;
    },
    forget: (channel: string) => opened.delete(channel),
  };
}

interface LogParts {
  readonly store: Store;
  readonly table: KeyValue;
  readonly channels: ChannelList;
  readonly cache: ReturnType<typeof createCache>;
}

async function eraseChannel({ store, table, channels, cache }: LogParts, channel: string): Promise<boolean> {
  const before = channels.all().find(({ id }) => id === channel);
  if (before === undefined) return false;
  // The stored keys include those of damaged messages.
  const stored = (await table.entries(rowPrefix(channel))).map(([key]) => key);
  const inMemory = [...(await cache.open(channel)).rows.keys()].map((id) => rowKey(channel, id));
  const gone = channels.leave(channel);
  cache.forget(channel);
  const rows = [...new Set([...stored, ...inMemory])];
  try {
    await store.write([...rows.map((key) => ({ table: "messages", key, value: undefined }) as const), gone]);
  } catch (error) {
    channels.enter(channel, before.at, before.name);
    throw error;
  }
  return true;
}

async function eraseUntouched(parts: LogParts, before: number): Promise<number> {
  let erased = 0;
  for (const { id, at } of parts.channels.all()) {
    const rows = [...(await parts.cache.open(id)).rows.values()];
    if (at >= before || rows.some((row) => row.at >= before)) continue;
    if (await eraseChannel(parts, id)) erased += 1;
  }
  return erased;
}
