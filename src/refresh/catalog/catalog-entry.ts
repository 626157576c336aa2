import type { ListValidators, ModelInfo, ProviderId } from "../../providers/provider.js";

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

/** A row that is no longer listed. */
export interface MissingRow {
  readonly model: ModelInfo;
  /** Good lists in a row that did not have it. */
  readonly misses: number;
  /** Success of the last list that had it. */
  readonly lastListedAt: number;
}

/** What to ask with whether the last good list still holds; `readAt`: when it was last read as a whole. */
export interface StoredValidators extends ListValidators {
  readonly readAt: number;
}

/** What came of asking a provider for its list. */
export type ListAnswer =
  | {
      readonly outcome: "ok";
      readonly models: readonly ModelInfo[];
      /** Rows without a usable id, which were left out; unset is none. */
      readonly droppedRows?: number;
      /** To ask with next time; unset where the provider gave none. */
      readonly validators?: StoredValidators;
    }
  | {
      readonly outcome: Exclude<Outcome, "ok">;
      /** In our words, for people. */
      readonly message: string;
      readonly retryAfterMs: number | null;
      /** HTTP status, where it came with one. */
      readonly status?: number;
      /** Chat models of a list that is held back. */
      readonly pending?: readonly string[];
      /** What was thrown, for the log. */
      readonly error?: unknown;
    };

/** A list that looks wrong, and waits for a second answer that says the same. */
export interface PendingList {
  /** Ids of its chat models. */
  readonly models: readonly string[];
  readonly answeredAt: number;
}

/** A model that its provider refused when somebody used it. */
export interface RefusedModel {
  readonly model: string;
  /** `unknown-model`: the provider's own code for it; `not-usable`: it knows the model, but not for chat. */
  readonly as: "unknown-model" | "not-usable";
  readonly at: number;
  /** A list that came afterwards lacks it. */
  readonly isGone: boolean;
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
  /** HTTP status of the last attempt, where it failed with one. */
  readonly failureStatus?: number;
  /** Earliest time of the next attempt (epoch ms), as `Retry-After` asked for; null where there was none. */
  readonly retryAfterAt: number | null;
  /** What has left the list, latest first; unset is none. */
  readonly missing?: readonly MissingRow[];
  /** Rows of the last good list that had no usable id; unset is none. */
  readonly droppedRows?: number;
  /** The HTTP validators of the last good list; unset where its provider gave none. */
  readonly validators?: StoredValidators;
  /** Unset where no list is held back. */
  readonly pending?: PendingList;
  /** Latest first; unset is none. */
  readonly refused?: readonly RefusedModel[];
}

/** What everybody reads: immutable, swapped as a whole, complete without network or store. */
export interface Snapshot {
  /** In the order of the registry; every configured provider is here, with or without a list. */
  readonly providers: ReadonlyMap<ProviderId, CatalogEntry>;
  /** Providers whose list is being fetched right now, by this process. */
  readonly fetching: ReadonlySet<ProviderId>;
}

/** One list may leave a model out by mistake; two in a row mean it. */
export const MISSES_UNTIL_UNLISTED = 2;

/** The state of a model of this provider; undefined where no list of it is known to have had it. */
export function stateOf(entry: CatalogEntry, model: string): RowState | undefined {
  const refusal = entry.refused?.find((row) => row.model === model);
  if (entry.models.some(({ id }) => id === model)) return listedState(refusal);
  const missing = entry.missing?.find((row) => row.model.id === model);
  return missing && missingState(missing.misses, refusal);
}

/** Every known model of a provider with its state: what is on the list, then what has left it. */
export function modelRowsOf(entry: CatalogEntry): readonly { readonly model: ModelInfo; readonly state: RowState }[] {
  const refused = new Map(entry.refused?.map((row) => [row.model, row]));
  return [
    ...entry.models.map((model) => ({ model, state: listedState(refused.get(model.id)) })),
    ...(entry.missing ?? []).map(({ model, misses }) => ({
      model,
      state: missingState(misses, refused.get(model.id)),
    })),
  ];
}

/** What a list has is there, whatever was said about it before; only for chat it may be no good. */
const listedState = (refusal: RefusedModel | undefined): RowState =>
  refusal?.as === "not-usable" ? "not-usable-here" : "listed";

function missingState(misses: number, refusal: RefusedModel | undefined): RowState {
  if (refusal?.isGone) return "retired";
  return misses < MISSES_UNTIL_UNLISTED ? listedState(refusal) : "unlisted";
}
