import { AppError } from "../errors.js";
import type { Log } from "../log.js";
import type { ModelInfo, ProviderId } from "../providers/provider.js";
import type { Store, Write } from "../store/store.js";
import type { CatalogEntry, Snapshot } from "./catalog-types.js";
import { createListeners } from "./listeners.js";
import { cleanEntry } from "./next-entry.js";
import { identityOf, readEntry } from "./stored-entry.js";

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
  /** Takes over what others have stored since it was last seen. @throws {StoreError} */
  pickUp(): Promise<void>;
  /** What stores this entry; nothing where that would overwrite another identity's list with none. */
  writesFor(provider: ProviderId, entry: CatalogEntry, fence: number): readonly Write[];
  /** Swaps an entry in and ends its fetch; `fence`: under which it was stored, unset where it was not. */
  put(provider: ProviderId, entry: CatalogEntry, fence?: number): void;
  setFetching(provider: ProviderId, isFetching: boolean): void;
  onChange(listener: () => void): () => void;
}

/** Beside each list stands the fence that it was stored under: small enough to be read every 10 s. */
const fenceKey = (provider: ProviderId) => `fence:${provider}`;

export function createCatalog({ providers, store, log }: CatalogDeps): Catalog {
  const rows = store.values("models");
  const listeners = createListeners<void>(log);
  const identities = new Map(providers.map((source) => [source.id, identityOf(source)]));
  /** The fence of the stored row that was last seen. */
  const seen = new Map<ProviderId, unknown>();
  /** Providers whose stored row is another identity's, or unreadable. */
  const foreign = new Set<ProviderId>();
  let snapshot: Snapshot = {
    providers: new Map([...identities].map(([id, identity]) => [id, cleanEntry(identity)])),
    fetching: new Set(),
  };
  let lists: Readonly<Record<ProviderId, readonly ModelInfo[]>> = {};

  function swap(next: Snapshot): void {
    const haveListsChanged = next.providers !== snapshot.providers;
    snapshot = next;
    if (haveListsChanged) {
      const given = [...next.providers].filter(([, entry]) => entry.fetchedAt !== null);
      lists = Object.fromEntries(given.map(([id, entry]) => [id, entry.models]));
    }
    listeners.tell();
  }

  function adopt(id: ProviderId, value: unknown): void {
    const stored = readEntry(value);
    if (stored === undefined) log.warn({ provider: id }, "A stored model list could not be read; it is fetched anew");
    if (stored === undefined || stored.identity !== identities.get(id)) return void foreign.add(id);
    foreign.delete(id);
    swap({ ...snapshot, providers: new Map(snapshot.providers).set(id, stored) });
  }

  return {
    snapshot: () => snapshot,
    lists: () => lists,
    entry(id) {
      const entry = snapshot.providers.get(id);
      if (entry === undefined) throw new AppError("internal", `There is no provider "${id}" in the catalogue`);
      return entry;
    },
    async pickUp() {
      const before = new Map(seen);
      const ids = [...identities.keys()];
      const fences = await rows.getMany(ids.map(fenceKey));
      const changed = ids
        .map((id, index) => ({ id, fence: fences[index] }))
        .filter(({ id, fence }) => fence !== undefined && fence !== before.get(id));
      if (changed.length === 0) return;
      const values = await rows.getMany(changed.map(({ id }) => id));
      changed.forEach(({ id, fence }, index) => {
        // What this process stored meanwhile is newer than what was read.
        if (seen.get(id) !== before.get(id)) return;
        seen.set(id, fence);
        adopt(id, values[index]);
      });
    },
    writesFor(id, entry, fence) {
      if (foreign.has(id) && entry.fetchedAt === null) return [];
      return [
        { table: "models", key: id, value: entry },
        { table: "models", key: fenceKey(id), value: fence },
      ];
    },
    put(id, entry, fence) {
      if (fence !== undefined && !(foreign.has(id) && entry.fetchedAt === null)) {
        seen.set(id, fence);
        foreign.delete(id);
      }
      swap({ providers: new Map(snapshot.providers).set(id, entry), fetching: without(snapshot.fetching, id) });
    },
    setFetching(id, isFetching) {
      if (snapshot.fetching.has(id) === isFetching) return;
      const fetching = isFetching ? new Set(snapshot.fetching).add(id) : without(snapshot.fetching, id);
      swap({ ...snapshot, fetching });
    },
    onChange: listeners.add,
  };
}

function without(ids: ReadonlySet<ProviderId>, id: ProviderId): ReadonlySet<ProviderId> {
  return new Set([...ids].filter((other) => other !== id));
}
