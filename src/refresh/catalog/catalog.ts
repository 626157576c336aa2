import { createHash } from "node:crypto";
import { AppError } from "../../base/errors.js";
import { createListeners } from "../../base/listeners.js";
import type { Log } from "../../base/log.js";
import type { ModelInfo, ProviderId } from "../../providers/provider.js";
import type { Store, Write } from "../../store/store.js";
import type { CatalogEntry, Snapshot } from "./catalog-entry.js";
import { type Adopt, createCatalogRows, type NextEntry } from "./catalog-rows.js";
import { type ChangeLog, emptyLog, readChangeLog } from "./change-log.js";
import { cleanEntry, mergedRefusals } from "./next-entry.js";

export interface CatalogDeps {
  /** In the order of the registry. */
  readonly providers: readonly {
    readonly id: ProviderId;
    readonly baseUrl: string;
    readonly key?: string | undefined;
  }[];
  readonly store: Store;
  readonly log: Log;
}

/** The lists in memory, and their mirror in the store. */
export interface Catalog {
  snapshot(): Snapshot;
  /** The lists of the providers that have given one; the same object until one changes. */
  lists(): Readonly<Record<ProviderId, readonly ModelInfo[]>>;
  entry(provider: ProviderId): CatalogEntry;
  /** How the provider's list has changed lately. */
  changes(provider: ProviderId): ChangeLog;
  /** Takes over what others have stored since it was last seen. @throws {StoreError} */
  pickUp(): Promise<void>;
  /** What stores this; nothing where that would overwrite another identity's list with none. */
  writesFor(provider: ProviderId, next: NextEntry, fence: number): readonly Write[];
  /** Swaps it in and ends its fetch; `fence`: under which it was stored, unset where it was not. */
  put(provider: ProviderId, next: NextEntry, fence?: number): void;
  /** Swaps an entry in that was learned between two fetches; it is stored with the next one. */
  amend(provider: ProviderId, entry: CatalogEntry): void;
  setFetching(provider: ProviderId, isFetching: boolean): void;
  onChange(listener: () => void): () => void;
}

export function createCatalog({ providers, store, log }: CatalogDeps): Catalog {
  const listeners = createListeners<void>(log);
  const identities = new Map(providers.map((source) => [source.id, identityOf(source)]));
  const rows = createCatalogRows({ store, ids: [...identities.keys()] });
  /** Providers whose stored row is another identity's, or unreadable. */
  const foreign = new Set<ProviderId>();
  let snapshot: Snapshot = {
    providers: new Map([...identities].map(([id, identity]) => [id, cleanEntry(identity)])),
    fetching: new Set(),
  };
  const logs = new Map([...identities].map(([id, identity]) => [id, emptyLog(identity)]));
  let lists = listsOf(snapshot);

  const entry = (id: ProviderId) => known(snapshot.providers.get(id), id);
  function setEntry(id: ProviderId, entry: CatalogEntry, fetching = snapshot.fetching): void {
    snapshot = { providers: new Map(snapshot.providers).set(id, entry), fetching };
    lists = listsOf(snapshot);
    listeners.tell();
  }

  const adopt: Adopt = (id, stored, changes) => {
    if (stored === undefined) log.warn({ provider: id }, "stored model list is unreadable, fetching it again");
    if (stored === undefined || stored.identity !== identities.get(id)) {
      foreign.add(id);
      return false;
    }
    foreign.delete(id);
    const changeLog = readChangeLog(changes);
    if (changeLog?.identity === stored.identity) logs.set(id, changeLog);
    const refused = mergedRefusals(stored, entry(id));
    setEntry(id, refused.length > 0 ? { ...stored, refused } : stored);
    return true;
  };
  const isKeptBack = (id: ProviderId, { entry }: NextEntry) => foreign.has(id) && entry.fetchedAt === null;

  return {
    snapshot: () => snapshot,
    lists: () => lists,
    entry,
    changes: (id) => known(logs.get(id), id),
    pickUp: () => rows.pickUp(adopt),
    writesFor: (id, next, fence) => (isKeptBack(id, next) ? [] : rows.writesFor(id, next, fence)),
    put(id, next, fence) {
      if (fence === undefined) rows.keepNews(id, next);
      if (fence !== undefined && !isKeptBack(id, next)) {
        rows.noteStored(id, next, fence);
        foreign.delete(id);
      }
      if (next.changes !== undefined) logs.set(id, next.changes);
      setEntry(id, next.entry, withMember(snapshot.fetching, id, false));
    },
    amend: (id, entry) => setEntry(id, entry),
    setFetching(id, isFetching) {
      if (snapshot.fetching.has(id) === isFetching) return;
      snapshot = { ...snapshot, fetching: withMember(snapshot.fetching, id, isFetching) };
      listeners.tell();
    },
    onChange: listeners.add,
  };
}

function listsOf({ providers }: Snapshot): Readonly<Record<ProviderId, readonly ModelInfo[]>> {
  const lists: Record<ProviderId, readonly ModelInfo[]> = {};
  for (const [id, { fetchedAt, models }] of providers) if (fetchedAt !== null) lists[id] = models;
  return Object.freeze(lists);
}

function known<T>(found: T | undefined, id: ProviderId): T {
  if (found === undefined) throw new AppError("internal", `There is no provider "${id}" in the catalogue`);
  return found;
}

function withMember(ids: ReadonlySet<ProviderId>, id: ProviderId, isMember: boolean): ReadonlySet<ProviderId> {
  const next = new Set(ids);
  if (isMember) next.add(id);
  else next.delete(id);
  return next;
}

/** What a list belongs to: provider, address and key, as a hash that gives nothing of them away. */
export function identityOf(source: { id: string; baseUrl: string; key?: string | undefined }): string {
  const whole = JSON.stringify([source.id, source.baseUrl, source.key ?? null]);
  return `${source.id}:${createHash("sha256").update(whole).digest("hex").slice(0, 32)}`;
}
