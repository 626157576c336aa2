import type { Claim, ClaimResult } from "../store.js";
import { hasEnded } from "./process-owner.js";

/** What an attempt at a claim came to; the claim is the one that there is now, whoever holds it. */
export interface Taken {
  readonly held: boolean;
  readonly until: number;
  readonly claim: Claim;
}

/**
 * A killed process never frees its claim; whoever starts next on its machine need not wait for the lease to run out.
 * `end`: ends the lease of a claim, unless it is settled.
 */
export async function claimFromEnded(
  take: () => Promise<Taken>,
  end: (claim: Claim) => Promise<void>,
): Promise<ClaimResult> {
  let taken = await take();
  if (!taken.held && hasEnded(taken.claim.owner)) {
    await end(taken.claim);
    taken = await take();
  }
  return taken.held ? { held: true, claim: taken.claim } : { held: false, until: taken.until };
}
