import { z } from "zod";
import type { ModelInfo, ProviderId } from "../../providers/provider.js";
import { createRowReader } from "../../store/damage-report.js";
import type { Store, Write } from "../../store/store.js";
import type { CatalogEntry } from "./catalog-entry.js";
import { type ChangeLog, type ModelChange, modelChange } from "./change-log.js";

/** What an attempt leaves behind. */
export interface NextEntry {
  readonly entry: CatalogEntry;
  /** The log with what changed, where something did. */
  readonly changes?: ChangeLog | undefined;
  /** The changes that watches still have to report. */
  readonly news?: readonly ModelChange[] | undefined;
}

/** Takes over what is stored of a provider, undefined where it cannot be read; false where it is no use here. */
export type Adopt = (provider: ProviderId, entry: CatalogEntry | undefined, changes: unknown) => boolean;

/**
 * How the catalogue lies in the store's table "models". For each provider: its facts, which every attempt writes; its
 * list, up to a megabyte, which only a changed one does; its changes; and the fence of the last commit, small enough to
 * be read every 10 s.
 */
export interface CatalogRows {
  /** Hands over what others have stored since it was last seen. @throws {StoreError} */
  pickUp(adopt: Adopt): Promise<void>;
  writesFor(provider: ProviderId, next: NextEntry, fence: number): readonly Write[];
  /** Keeps what watches are to report until the next list is stored, where this list could not be. */
  keepNews(provider: ProviderId, next: NextEntry): void;
  /** Notes that a list has been stored. */
  noteStored(provider: ProviderId, next: NextEntry, fence: number): void;
}

const listKey = (provider: ProviderId) => `list:${provider}`;
const changesKey = (provider: ProviderId) => `changes:${provider}`;
const fenceKey = (provider: ProviderId) => `fence:${provider}`;

export function createCatalogRows({ store, ids }: { store: Store; ids: readonly ProviderId[] }): CatalogRows {
  const rows = store.values("models");
  const readFacts = createRowReader(rows, facts);
  const readList = createRowReader(rows, list);
  /** The fence of the commit that was last seen. */
  const seen = new Map<ProviderId, unknown>();
  /** The list that is stored. */
  const lists = new Map<ProviderId, StoredList>();

  /** The changes that watches still have to report and that are in memory only. */
  const kept = new Map<ProviderId, readonly ModelChange[]>();
  const newsOf = (id: ProviderId, { news = [] }: NextEntry) => [...(kept.get(id) ?? []), ...news];

  /** The lists of these facts that are not in memory; those of a row from an older version stand in it. */
  async function listsFor(facts: readonly (readonly [ProviderId, StoredFacts | undefined])[]) {
    const missing = facts.filter(([id, stored]) => stored?.list !== undefined && stored.list !== lists.get(id)?.fence);
    const values = await rows.getMany(missing.map(([id]) => listKey(id)));
    return new Map(missing.map(([id], index) => [id, readList(listKey(id), values[index])]));
  }

  return {
    async pickUp(adopt) {
      const before = new Map(seen);
      const fences = await rows.getMany(ids.map(fenceKey));
      const changed = ids
        .map((id, index) => ({ id, fence: fences[index] }))
        .filter(({ id, fence }) => fence !== undefined && fence !== before.get(id));
      if (changed.length === 0) return;
      const values = await rows.getMany([...changed.map(({ id }) => id), ...changed.map(({ id }) => changesKey(id))]);
      const facts = changed.map(({ id }, index) => [id, readFacts(id, values[index])] as const);
      const read = await listsFor(facts);
      for (const [index, [id, stored]] of facts.entries()) {
        // What this process stored meanwhile is newer than what was read.
        if (seen.get(id) !== before.get(id)) continue;
        const list = read.get(id) ?? lists.get(id);
        // Another commit came between the two reads: the next look finds both its rows.
        if (stored?.list !== undefined && list !== undefined && list.fence > stored.list) continue;
        seen.set(id, changed[index]?.fence);
        const entry = stored && entryOf(stored, list);
        // Whoever stored this has compared it with what was stored before.
        kept.delete(id);
        const isTaken = adopt(id, entry, values[changed.length + index]);
        if (isTaken && list !== undefined && entry?.models === list.models) lists.set(id, list);
        else lists.delete(id);
      }
    },
    writesFor: (id, next, fence) =>
      entryWrites(id, { ...next, news: newsOf(id, next) }, { fence, known: lists.get(id) }),
    keepNews: (id, next) => void kept.set(id, newsOf(id, next)),
    noteStored(id, { entry: { models } }, fence) {
      kept.delete(id);
      seen.set(id, fence);
      if (lists.get(id)?.models !== models) lists.set(id, { models, fence });
    },
  };
}

/** What stores an entry; its list only where that is not the one that is stored. */
function entryWrites(
  id: ProviderId,
  { entry, changes, news }: NextEntry & { readonly news: readonly ModelChange[] },
  { fence, known }: { readonly fence: number; readonly known: StoredList | undefined },
): readonly Write[] {
  const { models, ...facts } = entry;
  const isKept = known?.models === models;
  return [
    { table: "models", key: id, value: { ...facts, list: isKept ? known.fence : fence } },
    ...(isKept ? [] : [{ table: "models", key: listKey(id), value: { fence, models } } as const]),
    ...(changes === undefined ? [] : [{ table: "models", key: changesKey(id), value: changes } as const]),
    ...(news.length === 0 ? [] : [newsWrite(id, fence, news)]),
    { table: "models", key: fenceKey(id), value: fence },
  ];
}

/** A list, and the fence that it was stored under. */
interface StoredList {
  readonly models: readonly ModelInfo[];
  readonly fence: number;
}

/** The whole of it; undefined where its list is not the one that it speaks of. */
function entryOf(
  { list: listFence, models: own, ...facts }: StoredFacts,
  list: StoredList | undefined,
): CatalogEntry | undefined {
  if (own !== undefined) return { ...facts, models: own };
  return list !== undefined && list.fence === listFence ? { ...facts, models: list.models } : undefined;
}

const time = z.number().nullable();
const count = z.number().nonnegative();

const model = z.object({
  id: z.string().min(1),
  name: z.string().exactOptional(),
  contextTokens: count.exactOptional(),
  outputTokens: count.exactOptional(),
  inputPrice: count.exactOptional(),
  outputPrice: count.exactOptional(),
  input: z.array(z.enum(["text", "image"])).exactOptional(),
  releasedAt: z.number().exactOptional(),
  retiresAt: z.number().exactOptional(),
  isDeprecated: z.literal(true).exactOptional(),
  replacement: z.string().exactOptional(),
  isChat: z.boolean(),
});

const facts = z.object({
  identity: z.string(),
  list: z.number().exactOptional(),
  models: z.array(model).exactOptional(),
  fetchedAt: time,
  attemptedAt: time,
  outcome: z
    .enum(["ok", "timeout", "auth", "rate-limited", "http", "network", "malformed", "empty", "suspicious"])
    .nullable(),
  consecutiveFailures: count,
  failingSince: time,
  lastFailure: z.string().nullable(),
  failureStatus: z.number().exactOptional(),
  retryAfterAt: time,
  missing: z.array(z.object({ model, misses: count, lastListedAt: z.number() })).exactOptional(),
  droppedRows: count.exactOptional(),
  validators: z
    .object({
      etag: z.string().exactOptional(),
      lastModified: z.string().exactOptional(),
      digest: z.string().exactOptional(),
      readAt: z.number(),
    })
    .exactOptional(),
  pending: z.object({ models: z.array(z.string()), answeredAt: z.number() }).exactOptional(),
  refused: z
    .array(
      z.object({ model: z.string(), as: z.enum(["unknown-model", "not-usable"]), at: z.number(), isGone: z.boolean() }),
    )
    .exactOptional(),
});

/**
 * What is stored of an entry besides its list, and the fence that the list was stored under. Versions before wrote the
 * `models` themselves instead.
 */
type StoredFacts = Readonly<z.infer<typeof facts>>;

const list = z.object({ fence: z.number(), models: z.array(model) });

/**
 * What changed in a list waits for the watches in rows of the table "watches" that are written in one step with the
 * list: whoever takes such a row away tells of it, so that nothing is told twice and a kill loses nothing.
 */
export const NEWS_PREFIX = "pending:news:";

const newsRow = z.array(modelChange);

/** Stores the changes of one commit; keys of one provider sort by their time. */
export const newsWrite = (provider: ProviderId, fence: number, news: readonly ModelChange[]): Write => ({
  table: "watches",
  key: `${NEWS_PREFIX}${provider}:${String(fence).padStart(15, "0")}`,
  value: news,
});

/** Reads a stored row; none where it is damaged. */
export const readNews = (value: unknown): readonly ModelChange[] => newsRow.safeParse(value).data ?? [];
