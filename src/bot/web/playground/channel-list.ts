import type { Store } from "../../../store/store.js";
import { type Channel, channelsPrefix, channelWrite, readChannels } from "./rows.js";

/** The channels that exist, in memory and in the store. */
export interface ChannelList {
  /** @throws {StoreError} */
  load(): Promise<void>;
  /** In the order in which they came into being. */
  all(): readonly Channel[];
  has(id: string): boolean;
  /** Whether another channel than `id` is called so. */
  isTaken(name: string, id: string): boolean;
  /** From now on in the list; the row that keeps it is the caller's to write. Undefined where it was there. */
  enter(id: string, at: number, name?: string): ReturnType<typeof channelWrite> | undefined;
  /** Takes it out of the list; the row is the caller's to delete. */
  leave(id: string): ReturnType<typeof channelWrite>;
  /**
   * Stores the new name; undefined where there is no such channel. @throws {StoreError} and then it keeps the old one
   */
  rename(id: string, name: string): Promise<Channel | undefined>;
}

export function createChannelList(store: Store): ChannelList {
  const table = store.values("messages");
  let channels: readonly Channel[] = [];
  const find = (id: string) => channels.find((each) => each.id === id);

  return {
    async load() {
      channels = readChannels(await table.entries(channelsPrefix));
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
