import { z } from "zod";
import { createRowReader } from "../../../store/damage-report.js";
import type { Entry, Store } from "../../../store/store.js";

const channel = z.object({ at: z.number(), name: z.string().exactOptional() });

/** A channel in the list: its id never changes, its name is what people call it. */
export interface Channel {
  readonly id: string;
  readonly name: string;
  /** When it was created, epoch ms. */
  readonly at: number;
}

/**
 * Begins no message's key, as a channel's id is never empty. Each channel has a row of its own, so that two bots on one
 * store lose none.
 */
const CHANNEL_PREFIX = "#channel:";

/** The write that stores a channel; without `value` it deletes it. */
const channelWrite = (id: string, value: { readonly at: number; readonly name?: string } | undefined) =>
  ({ table: "messages", key: CHANNEL_PREFIX + id, value }) as const;

/** The channels that exist, in memory and in the store. */
export interface ChannelList {
  /** @throws {StoreError} */
  load(): Promise<void>;
  /** Oldest first. */
  all(): readonly Channel[];
  has(id: string): boolean;
  find(id: string): Channel | undefined;
  /** Whether another channel than `id` has this name, in any case. */
  isTaken(name: string, id: string): boolean;
  /** Adds it to the list, and returns the write that the caller stores it with. Undefined where it was there. */
  enter(id: string, at: number, name?: string): ReturnType<typeof channelWrite> | undefined;
  /** Takes it out of the list, and returns the write that the caller deletes it with. */
  leave(id: string): ReturnType<typeof channelWrite>;
  /** Stores the new name; undefined where there is no such channel. @throws {StoreError} and keeps the old one */
  rename(id: string, name: string): Promise<Channel | undefined>;
}

export function createChannelList(store: Store): ChannelList {
  const table = store.values("messages");
  const readRow = createRowReader(table, channel);
  /** A channel whose row is damaged keeps its messages, under its id. */
  const read = ([key, value]: Entry): Channel => {
    const id = key.slice(CHANNEL_PREFIX.length);
    const known = readRow(key, value);
    return { id, name: known?.name ?? id, at: known?.at ?? 0 };
  };
  let channels = new Map<string, Channel>();
  /** Made again after a change, when somebody asks. */
  let sorted: readonly Channel[] | undefined;
  const put = (channel: Channel) => {
    channels.set(channel.id, channel);
    sorted = undefined;
  };

  return {
    async load() {
      channels = new Map((await table.entries(CHANNEL_PREFIX)).map(read).map((each) => [each.id, each]));
      sorted = undefined;
    },
    all() {
      sorted ??= [...channels.values()].sort((a, b) => a.at - b.at);
      return sorted;
    },
    has: (id) => channels.has(id),
    find: (id) => channels.get(id),
    isTaken: (name, id) =>
      [...channels.values()].some((each) => each.id !== id && each.name.toLowerCase() === name.toLowerCase()),
    enter(id, at, name = id) {
      if (channels.has(id)) return undefined;
      put({ id, name, at });
      return channelWrite(id, { at });
    },
    leave(id) {
      channels.delete(id);
      sorted = undefined;
      return channelWrite(id, undefined);
    },
    async rename(id, name) {
      const before = channels.get(id);
      if (before === undefined) return undefined;
      await store.write([channelWrite(id, { at: before.at, name })]);
      const after = { ...before, name };
      put(after);
      return after;
    },
  };
}
