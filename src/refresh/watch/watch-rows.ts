import { z } from "zod";
import { fitsGlob } from "../../base/text.js";
import { createRowReader } from "../../store/damage-report.js";
import { DAMAGED, type Store, type Write } from "../../store/store.js";
import { NEWS_PREFIX, readNews } from "../catalog/catalog-rows.js";
import { type ModelChange, modelChange } from "../catalog/change-log.js";
import { modelName } from "../choose/model-ref.js";
import type { ToldChanges } from "./gather-changes.js";

export const WATCH_KINDS = ["new", "gone", "price", "retire", "all"] as const;
/** `new` is what appears and comes back, `price` a price or a context window. */
export type WatchKind = (typeof WATCH_KINDS)[number];

/** What somebody wants a channel to be notified about. */
export interface Watch {
  /** A glob over "provider/model". */
  readonly pattern: string;
  readonly kind: WatchKind;
  /** Who asked for it, by name, and when (epoch ms). */
  readonly by: string;
  readonly at: number;
}

const KIND_OF: Readonly<Record<ModelChange["kind"], WatchKind>> = {
  new: "new",
  back: "new",
  gone: "gone",
  price: "price",
  context: "price",
  retire: "retire",
};

/** Whether one of the watches is about a change. */
export const fitsWatches = (watches: readonly Watch[], change: ModelChange): boolean =>
  watches.some(
    ({ kind, pattern }) =>
      (kind === "all" || kind === KIND_OF[change.kind]) &&
      (pattern === "*" || fitsGlob(pattern, modelName({ provider: change.provider, model: change.model }))),
  );

/** The watches of a channel, and what it was told. */
export interface WatchedChannel {
  readonly watches: readonly Watch[];
  readonly isDirect: boolean;
  /** When its last message went out; unset before the first. */
  readonly sentAt?: number;
  readonly told?: ToldChanges;
  /** Ids of its latest messages, whose controls are no answer's. */
  readonly messages?: readonly string[];
}

export const watchedChannel = z.object({
  watches: z.array(z.object({ pattern: z.string(), kind: z.enum(WATCH_KINDS), by: z.string(), at: z.number() })),
  isDirect: z.boolean(),
  sentAt: z.number().exactOptional(),
  told: z.record(z.string(), z.number()).exactOptional(),
  messages: z.array(z.string()).exactOptional(),
});

const choice = z.object({ label: z.string(), command: z.string() });
const outgoing = z.object({
  name: z.string(),
  text: z.string(),
  controls: z.array(z.union([choice, z.object({ label: z.string(), options: z.array(choice) })])),
  since: z.number(),
  until: z.number(),
  failures: z.number(),
});

/** A message that a process sends: until `until` it is that one's, after that whoever finds it sends it again. */
export type OutgoingMessage = z.infer<typeof outgoing>;

const waiting = z.object({
  changes: z.array(modelChange),
  more: z.number().nonnegative(),
  notBefore: z.number().exactOptional(),
});

/** What waits for a channel's next message: changes by name, and how many more there are. */
export type WaitingChanges = Readonly<z.infer<typeof waiting>>;

/** A row as it was read: what a swap compares with. */
export interface Read<T> {
  readonly key: string;
  readonly raw: unknown;
  readonly value: T;
}

/** Everything that is to be done for watches now. */
export interface WatchWork {
  /** Changes of lists that no watch was compared with yet. */
  readonly news: readonly Read<readonly ModelChange[]>[];
  /** By conversation. */
  readonly waiting: ReadonlyMap<string, readonly Read<WaitingChanges>[]>;
  readonly outgoing: readonly (Read<OutgoingMessage> & { readonly conversation: string })[];
}

export const CHANNEL_PREFIX = "channel:";
/** What waits to be sent or distributed begins so, and is found by one read. */
const PENDING_PREFIX = "pending:";
const WAITING_PREFIX = "pending:waiting:";
const OUTGOING_PREFIX = "pending:outgoing:";
/** After the conversation; no platform's ids hold it. */
const APART = "#";
/** After that many lost swaps a change of the watches is given up. */
const CHANGE_ATTEMPTS = 20;

/** How watches lie in the store's table "watches": every step is one swap, so that of all replicas one takes it. */
export interface WatchRows {
  /** @throws {StoreError} */
  work(): Promise<WatchWork>;
  /** All channels that are watched. @throws {StoreError} */
  channels(): Promise<ReadonlyMap<string, WatchedChannel>>;
  channel(conversation: string): Promise<Read<WatchedChannel | undefined>>;
  /**
   * Changes a channel's watches, and writes `also` in the same step; without any, its row goes. @throws {StoreError}
   */
  change(
    conversation: string,
    change: (before: WatchedChannel | undefined) => WatchedChannel | undefined,
    also?: readonly Write[],
  ): Promise<WatchedChannel | undefined>;
  /** Replaces a row that is still as it was read, and writes the rest in the same step. @throws {StoreError} */
  swap(row: Read<unknown>, after: unknown, writes?: readonly Write[]): Promise<boolean>;
  waitingWrite(conversation: string, name: string, value: WaitingChanges | undefined): Write;
  outgoingWrite(conversation: string, value: OutgoingMessage | undefined): Write;
}

export function createWatchRows(store: Store): WatchRows {
  const table = store.values("watches");
  const readChannel = createRowReader(table, watchedChannel);
  const swap = (key: string, before: unknown, after: unknown, writes: readonly Write[] = []) =>
    store.swap({ table: "watches", key, before, after }, writes);
  const channel = async (conversation: string): Promise<Read<WatchedChannel | undefined>> => {
    const key = CHANNEL_PREFIX + conversation;
    const [raw] = await table.getMany([key]);
    return { key, raw, value: raw === undefined ? undefined : readChannel(key, raw) };
  };

  return {
    async work() {
      const rows = await table.entries(PENDING_PREFIX);
      const rowsOf = (prefix: string) =>
        rows.flatMap(([key, raw]) => (key.startsWith(prefix) ? { key, raw, id: key.slice(prefix.length) } : []));
      const byChannel = new Map<string, Read<WaitingChanges>[]>();
      for (const { key, raw, id } of rowsOf(WAITING_PREFIX)) {
        const conversation = id.slice(0, id.lastIndexOf(APART));
        const value = waiting.safeParse(raw).data ?? { changes: [], more: 0 };
        byChannel.set(conversation, [...(byChannel.get(conversation) ?? []), { key, raw, value }]);
      }
      return {
        news: rowsOf(NEWS_PREFIX).map(({ key, raw }) => ({ key, raw, value: readNews(raw) })),
        waiting: byChannel,
        outgoing: rowsOf(OUTGOING_PREFIX).flatMap(({ key, raw, id }) => {
          const parsed = outgoing.safeParse(raw);
          return parsed.success ? [{ key, raw, value: parsed.data, conversation: id }] : [];
        }),
      };
    },
    async channels() {
      const all = (await table.entries(CHANNEL_PREFIX)).flatMap(([key, raw]) => {
        const value = readChannel(key, raw);
        return value === undefined ? [] : [[key.slice(CHANNEL_PREFIX.length), value] as const];
      });
      return new Map(all);
    },
    channel,
    async change(conversation, change, also = []) {
      for (let attempt = 1; ; attempt++) {
        const { key, raw, value } = await channel(conversation);
        const after = change(value);
        const stored = after === undefined || after.watches.length === 0 ? undefined : after;
        if (raw === DAMAGED || attempt > CHANGE_ATTEMPTS)
          await store.write([{ table: "watches", key, value: stored }, ...also]);
        else if (!(await swap(key, raw, stored, also))) continue;
        return stored;
      }
    },
    swap: ({ key, raw }, after, writes) => swap(key, raw, after, writes),
    waitingWrite: (conversation, name, value) => ({
      table: "watches",
      key: `${WAITING_PREFIX}${conversation}${APART}${name}`,
      value,
    }),
    outgoingWrite: (conversation, value) => ({ table: "watches", key: OUTGOING_PREFIX + conversation, value }),
  };
}
