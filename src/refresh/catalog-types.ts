import type { ModelInfo, ProviderId } from "../providers/provider.js";

/** How the last attempt at a provider's list ended. */
export type Outcome =
  | "ok"
  | "timeout"
  | "auth"
  | "rate-limited"
  | "http"
  | "network"
  | "malformed"
  | "empty"
  | "suspicious";

export type RowState = "listed" | "unlisted" | "retired" | "not-usable-here";

/** A row that has left its list. */
export interface MissingRow {
  readonly model: ModelInfo;
  /** Good lists in a row that did not have it. */
  readonly misses: number;
  /** Success of the last list that had it. */
  readonly lastListedAt: number;
}

/** Facts only; "fresh", "due" and "backing off" are derived from them. Times are epoch ms; null is unknown. */
export interface CatalogEntry {
  /** Provider, base URL and a fingerprint of the key: a list belongs to all three. */
  readonly identity: string;
  /** The last good list; never touched by a failure. */
  readonly models: readonly ModelInfo[];
  /** Last success. */
  readonly fetchedAt: number | null;
  /** Last attempt, however it ended. */
  readonly attemptedAt: number | null;
  readonly outcome: Outcome | null;
  readonly consecutiveFailures: number;
  /** First failure since the last success. */
  readonly failingSince: number | null;
  /** In our words, for people. */
  readonly lastFailure: string | null;
  /** Not before then, as the provider asked. */
  readonly retryAfterAt: number | null;
  /** What has left the list, latest first; unset is none. */
  readonly missing?: readonly MissingRow[];
}

/** What everybody reads: immutable, swapped as a whole, complete without network or store. */
export interface Snapshot {
  /** In the order of the registry; every configured provider is here, with or without a list. */
  readonly providers: ReadonlyMap<ProviderId, CatalogEntry>;
  /** Providers whose list is being fetched right now, by this process. */
  readonly fetching: ReadonlySet<ProviderId>;
}
