import type { ModelInfo } from "../../src/providers/provider.js";
import type { CatalogEntry, Snapshot } from "../../src/refresh/catalog-types.js";
import { modelRow } from "../support/fake-provider.js";

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
