import type { Clock } from "../../base/clock.js";
import type { Log } from "../../base/log.js";
import type { Claim, Store } from "../../store/store.js";
import type { Catalog } from "../catalog/catalog.js";
import type { CatalogEntry } from "../catalog/catalog-types.js";
import type { RefreshOrder } from "./refresh-order.js";
import type { StoreWatch } from "./store-watch.js";

export interface TakeClaimDeps {
  readonly catalog: Catalog;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly watch: StoreWatch;
  readonly timeoutMs: number;
  /** Aborts at the shutdown. */
  readonly signal: AbortSignal;
}

/**
 * - `held` the provider is this process's to ask
 * - `joined` another replica was at it, and what it stored is in the catalogue now; `before`: what was there
 * - `refused` neither; `why` in our words
 */
export type Taken =
  | { readonly kind: "held"; readonly claim: Claim }
  | { readonly kind: "joined"; readonly before: CatalogEntry }
  | { readonly kind: "refused"; readonly why: string };

/** Long enough for a fetch and its commit, short enough not to miss much after a crash. */
const leaseMs = (timeoutMs: number) => Math.max(30_000, 3 * timeoutMs);

/** How often a person's refresh looks whether another replica's has ended. */
const LOOK_MS = 500;
/** What another replica needs besides its fetch until others see the result. */
const COMMIT_MS = 5_000;

/** Claims a provider, with what others have stored until then; a person's wish waits for another replica's fetch. Never rejects. */
export async function takeClaim(deps: TakeClaimDeps, order: RefreshOrder): Promise<Taken> {
  const { catalog, store, clock, log, watch, timeoutMs, signal } = deps;
  const { id } = order.provider;
  const { minIntervalMs, minIntervalAfterLossMs = minIntervalMs } = order;
  const isForPerson = order.trigger === "person";
  // One whose answer was lost on its way, or whose fetch could not be stored, is this process's own to take again.
  const terms = { ttlMs: leaseMs(timeoutMs), minIntervalMs, minIntervalAfterLossMs, isReentrant: isForPerson };
  const looks = isForPerson ? Math.ceil((timeoutMs + COMMIT_MS) / LOOK_MS) : 0;
  let before: CatalogEntry | undefined;
  const hasEnded = () => before !== undefined && catalog.entry(id).attemptedAt !== before.attemptedAt;
  try {
    for (let look = 0; ; look++) {
      const claimed = await store.claim(`refresh:${id}`, terms);
      watch.note("claiming");
      await catalog.pickUp();
      if (before !== undefined && hasEnded()) {
        // It ended between the last look and this claim.
        if (claimed.held) await store.commit(claimed.claim, []);
        return { kind: "joined", before };
      }
      if (claimed.held) return { kind: "held", claim: claimed.claim };
      if (look >= looks) return { kind: "refused", why: "another refresh of it is under way or has just ended" };
      before = catalog.entry(id);
      await clock.sleep(LOOK_MS, signal);
      await catalog.pickUp();
      if (hasEnded()) return { kind: "joined", before };
    }
  } catch (error) {
    if (signal.aborted) return { kind: "refused", why: "Evergreen is stopping" };
    watch.note("claiming", error);
    log.debug({ error, provider: id }, "No refresh, as the store cannot be reached");
    return { kind: "refused", why: "the store cannot be reached" };
  }
}
