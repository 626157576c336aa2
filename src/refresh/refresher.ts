import type { ModelInfo, ProviderId } from "../providers/provider.js";
import type { ProviderVariables } from "../providers/provider-definition.js";
import type { CatalogEntry, Outcome, Snapshot } from "./catalog/catalog-entry.js";
import type { ChangeLog } from "./catalog/change-log.js";
import type { ModelRef } from "./choose/model-ref.js";

/**
 * What sets a refresh off besides the clock and people, each for lists that are worth it then:
 * - `first-message` of a conversation after a silence; `focus` a surface came back into view
 * - `picker` somebody chooses among models; `switch` somebody chose one of a provider whose list is stale
 * - `unknown-model` a provider does not know a model that was used
 * - `recovery` a failing provider answers a chat; `network` another one that could not be reached answers again
 */
export type NudgeTrigger = "first-message" | "focus" | "picker" | "switch" | "unknown-model" | "recovery" | "network";

/** What set a refresh off; a bounded set, for logs and metrics. */
export type Trigger = "timer" | "start" | "person" | NudgeTrigger;

/** How using a model went; `failure` is unset where it answered. */
export interface ModelUse {
  readonly provider: ProviderId;
  readonly model: string;
  readonly failure?: "unknown-model" | "not-usable" | undefined;
}

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
  /** When it ended (epoch ms), where another person's refresh was that just before and nothing was fetched again. */
  readonly repeatedFrom?: number;
  /** How the attempt before it had ended; unset where this one was skipped. */
  readonly before?: Outcome | null;
}

/** The end of one provider's refresh by this process, for metrics; skipped ones are none. */
export interface RefreshEvent {
  readonly provider: ProviderId;
  readonly trigger: Trigger;
  readonly outcome: Outcome;
  readonly durationMs: number;
}

export type Indicator = "refreshing" | "fresh" | "stale";

export interface ProviderStatus extends ProviderVariables {
  readonly id: ProviderId;
  readonly outcome: Outcome | null;
  /** Chat models on its list. */
  readonly models: number;
  readonly fetchedAt: number | null;
  readonly attemptedAt: number | null;
  readonly isFresh: boolean;
  readonly isFetching: boolean;
  readonly consecutiveFailures: number;
  /** In our words; of the last attempt, so null after a success. */
  readonly lastFailure: string | null;
  /** HTTP status of the last attempt, where it failed with one. */
  readonly failureStatus?: number | undefined;
  /** Rows of its list that had no usable id; unset is none. */
  readonly droppedRows?: number | undefined;
  /** What changed last on its list, counted in chat models; null or unset where nothing did. */
  readonly lastChange?: { readonly at: number; readonly added: number; readonly gone: number } | null | undefined;
  /** When it is due by itself; null when auto-refresh is off for it everywhere. */
  readonly nextAt: number | null;
}

export interface RefreshStatus {
  readonly indicator: Indicator;
  /** The indicator as it is while nothing is being fetched. */
  readonly isFresh: boolean;
  readonly hasLists: boolean;
  /** Newest success of any provider. */
  readonly lastRefreshAt: number | null;
  /** Earliest due time; null when off. */
  readonly nextRefreshAt: number | null;
  /** Lists are served from memory and not refreshed until the store is back; unset: it is there. */
  readonly isStoreDown?: boolean;
  readonly providers: readonly ProviderStatus[];
}

export interface Refresher {
  /** Auto-refresh is on somewhere, a provider is due, and it is not being fetched already. */
  shouldAutoRefresh(): boolean;
  /**
   * Refreshes all providers, whether due or not; never rejects; failed ones answer with their cached list, {} when
   * there is none.
   */
  backgroundRefreshModels(): Promise<Record<ProviderId, readonly ModelInfo[]>>;
  /** From memory, synchronous, without a copy; frozen, and the same objects until something changes. */
  getCachedModels(): readonly [models: Readonly<Record<ProviderId, readonly ModelInfo[]>>, isFresh: boolean];

  /** From memory, synchronous, without a copy. */
  snapshot(): Snapshot;
  status(): RefreshStatus;
  /** Loads the stored lists into the snapshot. @throws {StoreError} when they cannot be read */
  load(): Promise<void>;
  /** Refreshes what is due; called every 10 s, and once right after the start. Never rejects. */
  tick(): Promise<void>;
  /**
   * For a person: refreshes these providers (all when unset) now, joining a fetch that runs already; within 10 s of the
   * last one for the same provider it answers with that result. For the clock and the start: those of them that are
   * due. Never rejects.
   */
  refresh(trigger: "timer" | "start" | "person", providers?: readonly ProviderId[]): Promise<readonly RefreshResult[]>;
  /**
   * Something happened that may make lists worth refreshing; those of these providers (all when unset) that are stale
   * enough for it are refreshed in the background. Returns at once; a nudge that is not due costs nothing.
   */
  nudge(trigger: NudgeTrigger, providers?: readonly ProviderId[]): void;
  /** How using a model went, and where: what a row's state and some triggers live on. */
  noteUse(use: ModelUse, workspace?: string): void;
  /** The models that answered people of a workspace lately in this process, the latest first. */
  recentlyUsed(workspace: string): readonly ModelRef[];
  /** How each provider's list has changed lately, from memory. */
  changes(): ReadonlyMap<ProviderId, ChangeLog>;
  /**
   * A person did something in this workspace just now: what the smart interval lives on. `conversation` names where
   * they said something: the first message after a silence is a trigger.
   */
  noteActivity(workspace: string, conversation?: string): void;
  /** What the smart interval comes to in a workspace now and why, in one line; undefined where nothing has it. */
  smartWhy(workspace: string): string | undefined;
  /** Called after every change of the snapshot. Returns how to stop that. */
  onChange(listener: () => void): () => void;
  /** Gives up what is running; never delays a shutdown. */
  stop(): void;
}
