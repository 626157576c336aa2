import { hasEnded } from "./process-owner.js";
import type { Claim, ClaimResult, Write } from "./store.js";

/** What an attempt at a claim came to; the claim is the one that there is now, whoever holds it. */
export interface Taken {
  readonly held: boolean;
  readonly until: number;
  readonly claim: Claim;
}

/** A killed process never frees its claim; whoever starts next on its machine need not wait for the lease to run out. */
export async function claimFromEnded(
  take: () => Promise<Taken>,
  commit: (claim: Claim, writes: readonly Write[]) => Promise<boolean>,
): Promise<ClaimResult> {
  let taken = await take();
  if (!taken.held && hasEnded(taken.claim.owner) && (await commit(taken.claim, []))) taken = await take();
  return taken.held ? { held: true, claim: taken.claim } : { held: false, until: taken.until };
}
