import { z } from "zod";
import type { Store } from "../../../store/store.js";

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

/** The stored channels, oldest first. */
const readChannels = (entries: readonly (readonly [key: string, value: unknown])[]): readonly Channel[] =>
  entries
    .filter(([key]) => key.startsWith(CHANNEL_PREFIX))
    .map(([key, value]) => {
      const id = key.slice(CHANNEL_PREFIX.length);
      const known = channel.safeParse(value).data;
      return { id, name: known?.name ?? id, at: known?.at ?? 0 };
    })
    .sort((a, b) => a.at - b.at);

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
  let channels: readonly Channel[] = [];
  const find = (id: string) => channels.find((each) => each.id === id);

  return {
    async load() {
      channels = readChannels(await table.entries(CHANNEL_PREFIX));
    },
    all: () => channels,
    has: (id) => find(id) !== undefined,
    isTaken: (name, id) => channels.some((each) => each.id !== id && each.name.toLowerCase() === name.toLowerCase()),
    enter(id, at, name = id) {
      if (find(id) !== undefined) return undefined;
      channels = [...channels, { id, name, at }].sort((a, b) => a.at - b.at);
      return channelWrite(id, { at });
    },
    leave(id) {
      channels = channels.filter((each) => each.id !== id);
      return channelWrite(id, undefined);
    },
    async rename(id, name) {
      const before = find(id);
      if (before === undefined) return undefined;
      await store.write([channelWrite(id, { at: before.at, name })]);
      const after = { ...before, name };
      channels = channels.map((each) => (each.id === id ? after : each));
      return after;
    },
  };
}
