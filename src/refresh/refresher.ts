import type { ModelInfo, ProviderId } from "../providers/provider.js";
import type { CatalogEntry, Outcome, Snapshot } from "./catalog-types.js";

/** What set a refresh off; a bounded set, for logs and metrics. */
export type Trigger = "timer" | "start" | "person";

/** How a refresh of one provider ended, for this caller. */
export interface RefreshResult {
  readonly provider: ProviderId;
  /** Skipped: nothing was fetched, and `why` says so in our words (another replica is at it, the store is down). */
  readonly outcome: Outcome | "skipped";
  readonly why?: string;
  /** Chat models that appeared and left, against the list before. */
  readonly added: number;
  readonly gone: number;
  /** The entry after it. */
  readonly entry: CatalogEntry;
}

/** The end of one provider's refresh by this process, for metrics; skipped ones are none. */
export interface RefreshEvent {
  readonly provider: ProviderId;
  readonly trigger: Trigger;
  readonly outcome: Outcome;
  readonly durationMs: number;
}

export type Indicator = "refreshing" | "fresh" | "stale";

export interface ProviderStatus {
  readonly id: ProviderId;
  readonly outcome: Outcome | null;
  /** Chat models on its list. */
  readonly models: number;
  readonly fetchedAt: number | null;
  readonly attemptedAt: number | null;
  readonly isFresh: boolean;
  readonly isFetching: boolean;
  readonly consecutiveFailures: number;
  readonly lastFailure: string | null;
  /** When it is due by itself; null when auto-refresh is off for it everywhere. */
  readonly nextAt: number | null;
}

export interface RefreshStatus {
  readonly indicator: Indicator;
  /** The same without "refreshing". */
  readonly isFresh: boolean;
  readonly hasLists: boolean;
  /** Newest success of any provider. */
  readonly lastRefreshAt: number | null;
  /** Earliest due time; null when off. */
  readonly nextRefreshAt: number | null;
  readonly providers: readonly ProviderStatus[];
}

export interface Refresher {
  /** Auto-refresh is on somewhere, a provider is due, and it is not being fetched already. */
  shouldAutoRefresh(): boolean;
  /** Refreshes all providers, whether due or not; never rejects; failed ones answer with their cached list, {} when there is none. */
  backgroundRefreshModels(): Promise<Record<ProviderId, readonly ModelInfo[]>>;
  /** From memory, synchronous, without a copy. */
  getCachedModels(): readonly [models: Readonly<Record<ProviderId, readonly ModelInfo[]>>, isFresh: boolean];

  /** From memory, synchronous, without a copy. */
  snapshot(): Snapshot;
  status(): RefreshStatus;
  /** Loads the stored lists into the snapshot. @throws {StoreError} when they cannot be read */
  load(): Promise<void>;
  /** Refreshes what is due; called every 10 s, and once right after the start. Never rejects. */
  tick(): Promise<void>;
  /**
   * For a person: refreshes these providers (all when unset) now, joining a fetch that runs already. For the clock and
   * the start: those of them that are due. Never rejects.
   */
  refresh(trigger: Trigger, providers?: readonly ProviderId[]): Promise<readonly RefreshResult[]>;
  /** A person did something in this workspace just now: what the smart interval lives on. */
  noteActivity(workspace: string): void;
  /** Called after every change of the snapshot. Returns how to stop that. */
  onChange(listener: () => void): () => void;
  /** Gives up what is running; never delays a shutdown. */
  stop(): void;
}
