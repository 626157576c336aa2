import type { Claim } from "../../store/store.js";
import type { Catalog } from "../catalog/catalog.js";
import type { Next } from "../catalog/catalog-rows.js";
import type { CatalogEntry, ListAnswer } from "../catalog/catalog-types.js";
import { type Changes, changesBetween, withChanges } from "../catalog/change-log.js";
import { nextEntry } from "../catalog/next-entry.js";
import { holdBack } from "../decide/shrink.js";
import type { RefreshEvent, RefreshResult } from "../refresher.js";
import { fetchList } from "./fetch-list.js";
import type { RefreshOrder } from "./refresh-order.js";
import { type TakeClaimDeps, takeClaim } from "./take-claim.js";

export interface RefreshOneDeps extends TakeClaimDeps {
  /** Comes before what takes the event loop for long: asking, comparing, and storing. */
  readonly turn: () => Promise<void>;
  readonly onOutcome: (event: RefreshEvent) => void;
}

/** One provider: claim, look again, fetch under the deadline, store under the claim, swap it in. Never rejects. */
export async function refreshOne(deps: RefreshOneDeps, order: RefreshOrder): Promise<RefreshResult> {
  const { catalog, store, log } = deps;
  const { id } = order.provider;
  const skipped = (why: string): RefreshResult => {
    catalog.setFetching(id, false);
    return { provider: id, outcome: "skipped", why, added: 0, gone: 0, entry: catalog.entry(id) };
  };

  await deps.turn();
  const taken = await takeClaim(deps, order);
  if (taken.kind === "joined") return endedElsewhere(taken.before, { provider: id, entry: catalog.entry(id) });
  if (taken.kind === "refused") return skipped(taken.why);
  const { claim } = taken;
  if (!order.isStillWanted()) {
    await release(deps, claim);
    return skipped("another replica was faster");
  }

  catalog.setFetching(id, true);
  const attemptedAt = deps.clock.now();
  let fetched: ListAnswer;
  try {
    fetched = await fetchList(order.provider, { ...deps, entry: catalog.entry(id) });
  } catch {
    // The shutdown: fetchList makes everything else a value.
    await release(deps, claim);
    return skipped("Evergreen is stopping");
  }
  const answeredAt = deps.clock.now();
  await deps.turn();
  const before = catalog.entry(id);
  const answer = holdBack(before, fetched);
  const entry = nextEntry(before, answer, { attemptedAt, answeredAt });
  const changes = changesBetween(before, entry);
  const logged = catalog.changes(id);
  const changeLog = withChanges(logged, changes, answeredAt);
  const next = { entry, ...(changeLog !== logged && { changes: changeLog }) };
  await deps.turn();
  try {
    const isStored = await store.commit(claim, catalog.writesFor(id, next, claim.fence));
    if (!isStored) {
      await pickUpOrLater(deps);
      return skipped("another replica was faster");
    }
    catalog.put(id, withNewest(catalog, id, before, next), claim.fence);
  } catch (error) {
    log.warn({ error, provider: id }, "A model list could not be stored; it is kept in memory");
    catalog.put(id, withNewest(catalog, id, before, next));
  }
  const result = { provider: id, outcome: answer.outcome, ...countsOf(changes), entry, before: before.outcome };
  report(deps, order, answer, result);
  deps.onOutcome({
    provider: id,
    trigger: order.trigger,
    outcome: answer.outcome,
    durationMs: Math.max(0, answeredAt - attemptedAt),
  });
  return result;
}

const countsOf = ({ appeared, returned, left }: Changes) => ({
  added: appeared.length + returned.length,
  gone: left.length,
});

/** What another replica's fetch came to, for who has waited for it here. */
function endedElsewhere(before: CatalogEntry, now: Pick<RefreshResult, "provider" | "entry">): RefreshResult {
  return { ...now, outcome: now.entry.outcome ?? "skipped", ...countsOf(changesBetween(before, now.entry)) };
}

/** A use may have been noted while the list was being stored. */
function withNewest(catalog: Catalog, id: string, before: CatalogEntry, next: Next): Next {
  const { refused } = catalog.entry(id);
  if (refused === before.refused) return next;
  return { ...next, entry: { ...next.entry, refused: refused ?? [] } };
}

async function pickUpOrLater({ catalog, log }: RefreshOneDeps): Promise<void> {
  try {
    await catalog.pickUp();
  } catch (error) {
    log.debug({ error }, "What another replica stored could not be read; the next tick does");
  }
}

async function release({ store, log }: RefreshOneDeps, claim: Claim): Promise<void> {
  try {
    await store.commit(claim, []);
  } catch (error) {
    log.debug({ error, claim: claim.name }, "A claim could not be freed; it ends by itself");
  }
}

function report(
  { log }: RefreshOneDeps,
  { provider, trigger }: RefreshOrder,
  answer: ListAnswer,
  result: RefreshResult,
) {
  const { added, gone, entry, outcome } = result;
  const facts = { provider: provider.id, trigger, outcome };
  if (answer.outcome !== "ok") {
    const { error, message } = answer;
    log.warn({ ...facts, failures: entry.consecutiveFailures, error }, `No new model list: ${message}`);
  } else if (added > 0 || gone > 0) log.info({ ...facts, added, gone }, "The model list changed");
  else log.debug({ ...facts, models: entry.models.length, dropped: answer.droppedRows }, "The model list is as it was");
}
