import type { Clock } from "../../base/clock.js";
import type { Log } from "../../base/log.js";
import { createSerial } from "../../base/serial.js";
import type { Provider } from "../../providers/provider.js";
import type { Claim, Store } from "../../store/store.js";
import type { Catalog } from "../catalog/catalog.js";
import type { CatalogEntry, ListAnswer } from "../catalog/catalog-entry.js";
import type { NextEntry } from "../catalog/catalog-rows.js";
import {
  type Changes,
  changesBetween,
  modelChangesBetween,
  withChanges,
  withModelChanges,
} from "../catalog/change-log.js";
import { nextEntry } from "../catalog/next-entry.js";
import { holdBack } from "../decide/shrink.js";
import type { RefreshEvent, RefreshResult, Trigger } from "../refresher.js";
import { fetchList } from "./fetch-list.js";

/** What is wanted of one provider's refresh. */
export interface RefreshOrder {
  readonly provider: Provider;
  readonly trigger: Trigger;
  /** For the claim: 0 where the attempt must not wait. */
  readonly minIntervalMs: number;
  /** For the claim, after an attempt that came to nothing. Default: `minIntervalMs`. */
  readonly minIntervalAfterLossMs?: number;
  /** Decided again under the claim, with what others have stored until then. */
  readonly isStillWanted: () => boolean;
}

/** A store may still be read where nothing can be written any more, as on a full disk. */
export type StoreUse = "reading" | "claiming";

export interface RefreshOneDeps {
  readonly catalog: Catalog;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly timeoutMs: number;
  /** Aborts at the shutdown. */
  readonly signal: AbortSignal;
  /** Comes before what takes the event loop for long: asking, comparing, and storing. */
  readonly yieldInOrder: () => Promise<void>;
  /** `error` unset: it worked. */
  noteStore(use: StoreUse, error?: unknown): void;
  onOutcome(event: RefreshEvent): void;
}

const STOPPING = "Evergreen is stopping";
const ANOTHER_REPLICA = "another replica refreshed it first";

/** One provider: claim, look again, fetch under the deadline, store under the claim, swap it in. Never rejects. */
export async function refreshOne(deps: RefreshOneDeps, order: RefreshOrder): Promise<RefreshResult> {
  const { catalog, clock } = deps;
  const { id } = order.provider;
  await deps.yieldInOrder();
  const taken = await takeClaim(deps, order);
  if (taken.kind === "joined") return joinedResult(id, taken.before, catalog.entry(id));
  if (taken.kind === "refused") return skipped(deps, id, taken.why);
  if (!order.isStillWanted()) {
    await release(deps, taken.claim);
    return skipped(deps, id, ANOTHER_REPLICA);
  }

  catalog.setFetching(id, true);
  const attemptedAt = clock.now();
  let fetched: ListAnswer;
  try {
    fetched = await fetchList(order.provider, { ...deps, entry: catalog.entry(id) });
  } catch {
    // The shutdown: fetchList makes everything else a value.
    await release(deps, taken.claim);
    return skipped(deps, id, STOPPING);
  }
  const answeredAt = clock.now();
  await deps.yieldInOrder();
  const before = catalog.entry(id);
  const answer = holdBack(before, fetched);
  const entry = nextEntry(before, answer, { attemptedAt, answeredAt });
  const changes = changesBetween(before, entry);
  const logged = catalog.changes(id);
  const news = modelChangesBetween(id, before, entry, answeredAt);
  const changeLog = withModelChanges(withChanges(logged, changes, answeredAt), news, answeredAt);
  const next = { entry, news, ...(changeLog !== logged && { changes: changeLog }) };
  await deps.yieldInOrder();
  if (!(await commit(deps, taken.claim, { id, before, next }))) return skipped(deps, id, ANOTHER_REPLICA);

  const { outcome } = answer;
  const result = { provider: id, outcome, ...countsOf(changes), entry, before: before.outcome };
  report(deps, order, answer, result);
  deps.onOutcome({ provider: id, trigger: order.trigger, outcome, durationMs: Math.max(0, answeredAt - attemptedAt) });
  return result;
}

function skipped({ catalog }: RefreshOneDeps, provider: string, why: string): RefreshResult {
  catalog.setFetching(provider, false);
  return { provider, outcome: "skipped", why, added: 0, gone: 0, entry: catalog.entry(provider) };
}

/** The result of another replica's fetch, for who has waited for it here. */
const joinedResult = (provider: string, before: CatalogEntry, entry: CatalogEntry): RefreshResult => ({
  provider,
  entry,
  outcome: entry.outcome ?? "skipped",
  ...countsOf(changesBetween(before, entry)),
});

const countsOf = ({ appeared, returned, left }: Changes) => ({
  added: appeared.length + returned.length,
  gone: left.length,
});

/**
 * - `held` the provider is this process's to ask
 * - `joined` another replica was at it, and what it stored is in the catalogue now; `before`: what was there
 * - `refused` neither; `why` in our words
 */
type TakenClaim =
  | { readonly kind: "held"; readonly claim: Claim }
  | { readonly kind: "joined"; readonly before: CatalogEntry }
  | { readonly kind: "refused"; readonly why: string };

/** Long enough for a fetch and its commit, short enough not to miss much after a crash. */
const leaseMs = (timeoutMs: number) => Math.max(30_000, 3 * timeoutMs);
/** How often a person's refresh looks whether another replica's has ended. */
const LOOK_MS = 500;
/** What another replica needs besides its fetch until others see the result. */
const COMMIT_MS = 5_000;

/** Claims a provider, with what others have stored until then; a person's refresh waits for another replica's fetch. */
async function takeClaim(deps: RefreshOneDeps, order: RefreshOrder): Promise<TakenClaim> {
  const { catalog, store, clock, log, timeoutMs, signal } = deps;
  const { id } = order.provider;
  const { minIntervalMs, minIntervalAfterLossMs = minIntervalMs } = order;
  const isForPerson = order.trigger === "person";
  // One whose answer was lost on its way, or whose fetch could not be stored, is this process's own to take again.
  const terms = { ttlMs: leaseMs(timeoutMs), minIntervalMs, minIntervalAfterLossMs, isReentrant: isForPerson };
  const looks = isForPerson ? Math.ceil((timeoutMs + COMMIT_MS) / LOOK_MS) : 0;
  let before: CatalogEntry | undefined;
  try {
    for (let look = 0; ; look++) {
      const claimed = await store.claim(`refresh:${id}`, terms);
      deps.noteStore("claiming");
      await catalog.pickUp();
      if (before !== undefined && catalog.entry(id).attemptedAt !== before.attemptedAt) {
        // It ended between the last look and this claim.
        if (claimed.held) await store.commit(claimed.claim, []);
        return { kind: "joined", before };
      }
      if (claimed.held) return { kind: "held", claim: claimed.claim };
      if (look >= looks) return { kind: "refused", why: "another refresh of it is running or has just ended" };
      before = catalog.entry(id);
      await clock.sleep(LOOK_MS, signal);
      await catalog.pickUp();
      if (catalog.entry(id).attemptedAt !== before.attemptedAt) return { kind: "joined", before };
    }
  } catch (error) {
    if (signal.aborted) return { kind: "refused", why: STOPPING };
    deps.noteStore("claiming", error);
    log.debug({ error, provider: id }, "refresh skipped, the store is unavailable");
    return { kind: "refused", why: "the store cannot be reached" };
  }
}

interface Committed {
  readonly id: string;
  readonly before: CatalogEntry;
  readonly next: NextEntry;
}

/** Stores it under the claim and swaps it in; false where another replica has the claim by now. */
async function commit(deps: RefreshOneDeps, claim: Claim, { id, before, next }: Committed): Promise<boolean> {
  const { catalog, store, log } = deps;
  /** A use may have been noted while the list was being stored. */
  const withNewest = (): NextEntry => {
    const { refused } = catalog.entry(id);
    return refused === before.refused ? next : { ...next, entry: { ...next.entry, refused: refused ?? [] } };
  };
  try {
    if (await store.commit(claim, catalog.writesFor(id, next, claim.fence))) {
      catalog.put(id, withNewest(), claim.fence);
      return true;
    }
  } catch (error) {
    log.warn({ error, provider: id }, "storing a model list failed, it is kept in memory");
    catalog.put(id, withNewest());
    return true;
  }
  try {
    await catalog.pickUp();
  } catch (error) {
    log.debug({ error }, "reading another replica's model list failed, retrying at the next tick");
  }
  return false;
}

async function release({ store, log }: RefreshOneDeps, claim: Claim): Promise<void> {
  try {
    await store.commit(claim, []);
  } catch (error) {
    log.debug({ error, claim: claim.name }, "releasing a claim failed, it expires by itself");
  }
}

function report({ log }: RefreshOneDeps, order: RefreshOrder, answer: ListAnswer, result: RefreshResult): void {
  const { added, gone, entry, outcome, provider } = result;
  const facts = { provider, trigger: order.trigger, outcome };
  if (answer.outcome !== "ok") {
    const { error, message } = answer;
    log.warn({ ...facts, failures: entry.consecutiveFailures, error }, `refresh failed: ${message}`);
  } else if (added > 0 || gone > 0) log.info({ ...facts, added, gone }, "model list changed");
  else log.debug({ ...facts, models: entry.models.length, dropped: answer.droppedRows }, "model list unchanged");
}

/**
 * Gives each caller a turn of the event loop of its own, in the order of their calls: what many lists do at the same
 * moment then holds up a chat for as long as one of them does, and not for all of them together.
 */
export function createYieldInOrder(): () => Promise<void> {
  const serial = createSerial();
  const nextTurn = () => new Promise<void>((resolve) => void setImmediate(resolve));
  return () => serial("", nextTurn);
}
