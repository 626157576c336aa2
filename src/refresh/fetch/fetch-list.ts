import type { Clock } from "../../base/clock.js";
import { withDeadline } from "../../base/deadline.js";
import { TimeoutError } from "../../base/errors.js";
import { DAY_MS } from "../../base/time.js";
import {
  type HeldList,
  type ListNotes,
  type ModelInfo,
  type Provider,
  ProviderError,
  type ProviderErrorReason,
} from "../../providers/provider.js";
import type { CatalogEntry, ListAnswer, Outcome, StoredValidators } from "../catalog/catalog-entry.js";

export interface FetchListTerms {
  /** What is known of the provider; its good list is not fetched again where the provider says that it still holds. */
  readonly entry?: CatalogEntry;
  /** Deadline of the fetch: `REFRESH_TIMEOUT_SECONDS`, 10 s unless set. */
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
  const { entry, clock } = terms;
  const held = entry && heldOf(entry, clock.now());
  try {
    let notes: ListNotes = { droppedRows: 0 };
    const note = (latest: ListNotes) => {
      notes = latest;
    };
    // A microtask later, so that what a provider throws at once is no different from what it rejects with.
    const models = await withDeadline(async (signal) => provider.listModels(signal, { note, held }), {
      ...terms,
      what: `The model list of ${provider.id}`,
    });
    if (entry !== undefined && models === held?.models) return stillGood(entry);
    const { droppedRows, validators } = notes;
    return judgeList(models, droppedRows, validators && { ...validators, readAt: clock.now() });
  } catch (error) {
    if (terms.signal.aborted) throw terms.signal.reason;
    return judgeFailure(error);
  }
}

/** How long "unchanged" is believed; then the list is read as a whole, so that no fault of a cache stays forever. */
const TRUST_UNCHANGED_MS = DAY_MS;

function heldOf({ models, validators }: CatalogEntry, now: number): HeldList | undefined {
  if (models.length === 0 || validators === undefined) return undefined;
  const { readAt, ...sent } = validators;
  return Math.abs(now - readAt) < TRUST_UNCHANGED_MS ? { models, validators: sent } : undefined;
}

/** The provider has said that its list is unchanged. */
const stillGood = ({ models, droppedRows, validators }: CatalogEntry): ListAnswer => ({
  outcome: "ok",
  models,
  ...(droppedRows !== undefined && { droppedRows }),
  ...(validators !== undefined && { validators }),
});

/** An empty list is no list; ids that come twice count once, and a row keeps only what we use. */
export function judgeList(
  models: readonly ModelInfo[],
  droppedRows = 0,
  validators: StoredValidators | undefined = undefined,
): ListAnswer {
  if (models.length === 0) return { outcome: "empty", message: "It answered with an empty list", retryAfterMs: null };
  const rows = new Map(models.map((model) => [model.id, slim(model)]));
  return {
    outcome: "ok",
    models: [...rows.values()],
    ...(droppedRows > 0 && { droppedRows }),
    ...(validators !== undefined && { validators }),
  };
}

const OUTCOMES: Readonly<Record<ProviderErrorReason, Exclude<Outcome, "ok">>> = {
  timeout: "timeout",
  auth: "auth",
  "no-access": "http",
  "rate-limited": "rate-limited",
  "spend-cap": "rate-limited", // the account's own limit: it lets nothing through until it is raised
  quota: "rate-limited",
  overloaded: "http",
  loading: "http",
  "out-of-memory": "http",
  "unknown-model": "http",
  "not-for-chat": "http",
  "content-refused": "http",
  "context-too-long": "http",
  "bad-request": "http",
  address: "malformed",
  http: "http",
  network: "network",
  "cut-off": "network",
  malformed: "malformed",
};

/** A provider that asks for more than a day is asked again anyway. */
const LONGEST_RETRY_AFTER_MS = DAY_MS;

export function judgeFailure(error: unknown): ListAnswer {
  if (error instanceof TimeoutError) return { outcome: "timeout", message: error.message, retryAfterMs: null, error };
  if (!(error instanceof ProviderError)) {
    // By its port a provider throws nothing else: what came was not what its adapter expects.
    return { outcome: "malformed", message: "Its answer could not be read", retryAfterMs: null, error };
  }
  const asked = error.retryAfterMs;
  const retryAfterMs = asked === undefined || !(asked > 0) ? null : Math.min(asked, LONGEST_RETRY_AFTER_MS);
  const { status } = error;
  return {
    outcome: OUTCOMES[error.reason],
    message: error.message,
    retryAfterMs,
    ...(status !== undefined && { status }),
    error,
  };
}

/** What we use of a row; adapters give nothing else, and 5,000 copies would hold up a chat. */
const USED: Readonly<Record<keyof ModelInfo, true>> = {
  id: true,
  name: true,
  contextTokens: true,
  outputTokens: true,
  inputPrice: true,
  outputPrice: true,
  input: true,
  releasedAt: true,
  retiresAt: true,
  isDeprecated: true,
  replacement: true,
  isChat: true,
};
const FIELDS: ReadonlySet<string> = new Set(Object.keys(USED));

function slim(model: ModelInfo): ModelInfo {
  const row = model as unknown as Readonly<Record<string, unknown>>;
  const isUsed = (name: string) => FIELDS.has(name) && row[name] !== undefined;
  for (const name in row) if (!isUsed(name)) return pick(row, isUsed);
  return model;
}

const pick = (row: Readonly<Record<string, unknown>>, isUsed: (name: string) => boolean) =>
  Object.fromEntries(Object.entries(row).filter(([name]) => isUsed(name))) as unknown as ModelInfo;
