import type { Clock } from "../clock.js";
import { withDeadline } from "../deadline.js";
import { TimeoutError } from "../errors.js";
import {
  type ListNotes,
  type ModelInfo,
  type Provider,
  ProviderError,
  type ProviderErrorReason,
} from "../providers/provider.js";
import type { Outcome } from "./catalog-types.js";

/** What came of asking a provider for its list. */
export type ListAnswer =
  | {
      readonly outcome: "ok";
      readonly models: readonly ModelInfo[];
      /** Rows without a usable id, which were left out; unset is none. */
      readonly droppedRows?: number;
    }
  | {
      readonly outcome: Exclude<Outcome, "ok">;
      /** In our words, for people. */
      readonly message: string;
      readonly retryAfterMs: number | null;
      /** Chat models of a list that is held back. */
      readonly pending?: readonly string[];
      /** What was thrown, for the log. */
      readonly error?: unknown;
    };

export interface FetchListTerms {
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Aborts at the shutdown. */
  readonly signal: AbortSignal;
}

/**
 * Asks for one list, under a deadline that also holds when the provider never settles; a late answer is dropped.
 * @throws signal.reason at the shutdown; any failure of the provider is a value
 */
export async function fetchList(provider: Provider, terms: FetchListTerms): Promise<ListAnswer> {
  try {
    // A microtask later, so that what a provider throws at once is no different from what it rejects with.
    let droppedRows = 0;
    const note = (notes: ListNotes) => {
      droppedRows = notes.droppedRows;
    };
    const models = await withDeadline(async (signal) => provider.listModels(signal, note), {
      ...terms,
      what: `The model list of ${provider.id}`,
    });
    return judgeList(models, droppedRows);
  } catch (error) {
    if (terms.signal.aborted) throw terms.signal.reason;
    return judgeFailure(error);
  }
}

/** An empty list is no list; ids that come twice count once, and a row keeps only what we use. */
export function judgeList(models: readonly ModelInfo[], droppedRows = 0): ListAnswer {
  if (models.length === 0) return { outcome: "empty", message: "It answered with an empty list", retryAfterMs: null };
  const rows = new Map(models.map((model) => [model.id, slim(model)]));
  return { outcome: "ok", models: [...rows.values()], ...(droppedRows > 0 && { droppedRows }) };
}

const OUTCOMES: Readonly<Record<ProviderErrorReason, Exclude<Outcome, "ok">>> = {
  timeout: "timeout",
  auth: "auth",
  "rate-limited": "rate-limited",
  "spend-cap": "rate-limited", // the account's own limit: it lets nothing through until it is raised
  overloaded: "http",
  "unknown-model": "http",
  "not-for-chat": "http",
  "bad-request": "http",
  http: "http",
  network: "network",
  "cut-off": "network",
  malformed: "malformed",
};

/** A provider that asks for more than a day is asked again all the same. */
const LONGEST_RETRY_AFTER_MS = 24 * 60 * 60_000;

export function judgeFailure(error: unknown): ListAnswer {
  if (error instanceof TimeoutError) return { outcome: "timeout", message: error.message, retryAfterMs: null, error };
  if (!(error instanceof ProviderError)) {
    // By its port a provider throws nothing else: what came was not what its adapter expects.
    return { outcome: "malformed", message: "Its answer could not be read", retryAfterMs: null, error };
  }
  const asked = error.retryAfterMs;
  const retryAfterMs = asked === undefined || !(asked > 0) ? null : Math.min(asked, LONGEST_RETRY_AFTER_MS);
  return { outcome: OUTCOMES[error.reason], message: error.message, retryAfterMs, error };
}

function slim(model: ModelInfo): ModelInfo {
  const { id, name, contextTokens, outputTokens, inputPrice, outputPrice, input, releasedAt, isChat } = model;
  return {
    id,
    ...(name !== undefined && { name }),
    ...(contextTokens !== undefined && { contextTokens }),
    ...(outputTokens !== undefined && { outputTokens }),
    ...(inputPrice !== undefined && { inputPrice }),
    ...(outputPrice !== undefined && { outputPrice }),
    ...(input !== undefined && { input }),
    ...(releasedAt !== undefined && { releasedAt }),
    isChat,
  };
}
