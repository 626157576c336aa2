import { BoundedMap } from "../../../base/bounded-map.js";
import { createRowReader } from "../../../store/damage-report.js";
import type { Store, Write } from "../../../store/store.js";
import { type ChannelList, createChannelList } from "./channel-list.js";
import { createMessageCache, type MessageCache } from "./message-cache.js";
import {
  type MessageRow,
  messageId,
  messageRow,
  numberOf,
  type ReadMessageRow,
  rowKey,
  rowPrefix,
} from "./message-row.js";

export interface MessageLogDeps {
  readonly store: Store;
  /** A random suffix of `[a-z0-9]`. */
  newId(): string;
}

/** What the playground's chat service remembers: channels and their messages, in the store, and a few in memory. */
export interface MessageLog {
  readonly channels: Pick<ChannelList, "all" | "find" | "has" | "isTaken" | "rename">;
  /** Reads the list of channels. @throws {StoreError} */
  load(): Promise<void>;
  /** Stores a channel without messages; false where it was there. @throws {StoreError} and then there is none */
  create(channel: string, at: number): Promise<boolean>;
  /** Erases a channel and its messages; false where there is none. @throws {StoreError} and then it is still there */
  erase(channel: string): Promise<boolean>;
  /**
   * Pages of a channel, the newest one first, each with its oldest message first; with `before`, of the messages before
   * the one with this id. @throws {StoreError}
   */
  pages(channel: string, before?: string): AsyncGenerator<readonly MessageRow[]>;
  /** The newest messages of a channel, or the last ones before `before`, as far as they fit. @throws {StoreError} */
  newest(channel: string, terms?: NewestTerms): Promise<Newest>;
  /** @throws {StoreError} */
  find(channel: string, id: string): Promise<MessageRow | undefined>;
  /** Stores a new message, and the channel with it. @throws {StoreError} and then there is none */
  add(channel: string, message: Omit<MessageRow, "id">): Promise<MessageRow>;
  /** Makes a new message, and the channel with it, whose `writes` the caller stores. @throws {StoreError} */
  draft(channel: string, message: Omit<MessageRow, "id">): Promise<Draft>;
  /** Changes what everybody sees; `save` stores it. Undefined where there is no such message. @throws {StoreError} */
  change(channel: string, id: string, change: (before: MessageRow) => MessageRow): Promise<MessageRow | undefined>;
  /** Stores the message as it is now. @throws {StoreError} */
  save(channel: string, id: string): Promise<void>;
  /** @throws {StoreError} */
  remove(channel: string, id: string): Promise<void>;
  /** Erases channels whose last message is older than `before` (epoch ms); returns how many. @throws {StoreError} */
  eraseUntouched(before: number): Promise<number>;
}

export interface Draft {
  readonly row: MessageRow;
  readonly writes: readonly Write[];
  /** Forgets it where it was not stored. */
  undo(): void;
}

export interface NewestTerms {
  /** The id of a message. Default: the newest ones. */
  readonly before?: string | undefined;
  /** 1 to 1,000. Default: 1,000. */
  readonly limit?: number | undefined;
}

export interface Newest {
  /** Oldest first. */
  readonly rows: readonly MessageRow[];
  /** The id before which there may be more; undefined where there is nothing. */
  readonly before: string | undefined;
}

/** Messages that are read at once. */
const PAGE_ROWS = 100;
export const MAX_NEWEST = 1_000;
/** A few very long messages are as much to hold as many short ones. */
const MAX_NEWEST_CHARS = 2_000_000;
/** Channels whose next message's number is known without a look. */
const MAX_NUMBERED = 1_000;

export function createMessageLog({ store, newId }: MessageLogDeps): MessageLog {
  const channels = createChannelList(store);
  const readRow = createRowReader(store.values("messages"), messageRow);
  const cache = createMessageCache(store.values("messages"), readRow);
  const parts: LogParts = { store, channels, cache, readRow };
  const nextNumber = createNumbers(store);

  const draft: MessageLog["draft"] = async (channel, message) => {
    const row: MessageRow = { id: messageId(await nextNumber(channel, channels.has(channel)), newId()), ...message };
    // At once, so that another first message at the same time does not lose this one.
    const made = channels.enter(channel, message.at);
    const key = rowKey(channel, row.id);
    cache.keep(key, row);
    return {
      row,
      writes: [...(made ? [made] : []), { table: "messages", key, value: row }],
      undo() {
        if (made) channels.leave(channel);
        cache.forget(key);
      },
    };
  };

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
    pages: (channel, before) => pagesOf(parts, channel, before),
    newest: (channel, terms) => newestOf(parts, channel, terms),
    find: async (channel, id) => (channels.has(channel) ? cache.read(rowKey(channel, id)) : undefined),
    draft,
    async add(channel, message) {
      const { row, writes, undo } = await draft(channel, message);
      await store.write(writes).catch((error) => {
        undo();
        throw error;
      });
      return row;
    },
    change: async (channel, id, change) =>
      channels.has(channel) ? cache.change(rowKey(channel, id), change) : undefined,
    save: async (channel, id) => {
      if (channels.has(channel)) await cache.save(rowKey(channel, id));
    },
    remove: (channel, id) => cache.remove(rowKey(channel, id)),
    eraseUntouched: (before) => eraseUntouched(parts, before),
  };
}

/** Numbers a channel's messages, from behind the last stored one. */
function createNumbers(store: Store) {
  const numbers = new BoundedMap<string, Promise<{ next: number }>>(MAX_NUMBERED);
  const look = async (channel: string): Promise<{ next: number }> => {
    const { entries } = await store.values("messages").page(rowPrefix(channel), { limit: 1 });
    return { next: numberOf(entries[0]?.[0].slice(rowPrefix(channel).length) ?? "") + 1 };
  };
  return async (channel: string, isKnown: boolean): Promise<number> => {
    const known = numbers.get(channel) ?? (isKnown ? look(channel) : Promise.resolve({ next: 1 }));
    numbers.set(channel, known);
    known.catch(() => numbers.delete(channel)); // the caller gets the error; the next one looks again
    return (await known).next++;
  };
}

interface LogParts {
  readonly store: Store;
  readonly channels: ChannelList;
  readonly cache: MessageCache;
  readonly readRow: ReadMessageRow;
}

async function* pagesOf(
  { store, channels, cache, readRow }: LogParts,
  channel: string,
  beforeId?: string,
): AsyncGenerator<readonly MessageRow[]> {
  let before = beforeId === undefined ? undefined : rowKey(channel, beforeId);
  do {
    // Looking at a channel that does not exist leaves nothing behind.
    if (!channels.has(channel)) return;
    const page = await store.values("messages").page(rowPrefix(channel), { before, limit: PAGE_ROWS });
    // What is in memory may be newer.
    yield page.entries.flatMap(([key, value]) => cache.peek(key) ?? readRow(key, value) ?? []);
    before = page.before;
  } while (before !== undefined);
}

async function newestOf(parts: LogParts, channel: string, { before, limit = MAX_NEWEST }: NewestTerms = {}) {
  let rows: readonly MessageRow[] = [];
  let chars = 0;
  let isWhole = true;
  for await (const page of pagesOf(parts, channel, before)) {
    rows = [...page, ...rows];
    chars += page.reduce((sum, { text }) => sum + text.length, 0);
    isWhole = rows.length <= limit && chars <= MAX_NEWEST_CHARS;
    if (!isWhole) break;
  }
  rows = rows.slice(-limit);
  return { rows, before: isWhole ? undefined : rows[0]?.id };
}

async function eraseChannel({ store, channels, cache }: LogParts, channel: string): Promise<boolean> {
  const before = channels.find(channel);
  if (before === undefined) return false;
  const rows = (await store.values("messages").entries(rowPrefix(channel))).map(([key]) => key);
  const gone = channels.leave(channel);
  try {
    await store.write([...rows.map((key) => ({ table: "messages", key, value: undefined }) as const), gone]);
  } catch (error) {
    channels.enter(channel, before.at, before.name);
    throw error;
  }
  cache.forget(rowPrefix(channel));
  return true;
}

async function eraseUntouched(parts: LogParts, before: number): Promise<number> {
  let erased = 0;
  for (const { id, at } of parts.channels.all()) {
    if (at >= before) continue;
    const { entries } = await parts.store.values("messages").page(rowPrefix(id), { limit: PAGE_ROWS });
    if (entries.some(([key, value]) => (parts.readRow(key, value)?.at ?? 0) >= before)) continue;
    if (await eraseChannel(parts, id)) erased += 1;
  }
  return erased;
}
