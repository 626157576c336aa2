import type { ModelInfo } from "../../src/providers/provider.js";
import type { CatalogEntry, Snapshot } from "../../src/refresh/catalog/catalog-entry.js";
import { modelRow } from "../support/fake-provider.js";
import type { MemoryStore } from "../support/memory-store.js";

/** An entry of the catalogue; everything but what a test is about has the value of a provider never asked. */
export function entryOf(part: Partial<CatalogEntry> = {}): CatalogEntry {
  return {
    identity: "test",
    models: [],
    fetchedAt: null,
    attemptedAt: null,
    outcome: null,
    consecutiveFailures: 0,
    failingSince: null,
    lastFailure: null,
    retryAfterAt: null,
    ...part,
  };
}

export function snapshotOf(lists: Readonly<Record<string, readonly (string | ModelInfo)[]>>): Snapshot {
  const providers = Object.entries(lists).map(
    ([id, models]) => [id, entryOf({ models: models.map(modelRow), fetchedAt: 1_000 })] as const,
  );
  return { providers: new Map(providers), fetching: new Set() };
}

/** What is stored of a provider, its list with it; undefined where the two do not belong together. */
export function storedEntry(store: MemoryStore, provider: string): unknown {
  const facts = store.peek("models", provider) as { readonly list?: number } | undefined;
  const list = store.peek("models", `list:${provider}`) as
    | { readonly fence: number; readonly models: unknown }
    | undefined;
  return facts === undefined || facts.list !== list?.fence ? undefined : { ...facts, models: list?.models };
}
