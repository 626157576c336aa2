import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import type { Claim, ClaimResult } from "./store.js";

/** A name for this process among all that share a store: host, process id, and a random part. */
export const processOwner = (): string => `${hostname()}/${process.pid}/${randomUUID()}`;

/**
 * Whether the process that an owner's name stands for has certainly ended: it ran on this machine, and its process id
 * is
 * nobody's now, or only that of the remains that its parent has not looked at. What cannot be known counts as alive.
 */
export function hasEnded(owner: string): boolean {
  const [host, processId] = owner.split("/");
  if (host !== hostname() || Number(processId) === process.pid || !/^\d+$/.test(processId ?? "")) return false;
  try {
    process.kill(Number(processId), 0); // asks, and sends nothing
    return isZombie(Number(processId));
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
}

/** As Linux tells it; a parent that does not care, as a container's first process, may leave them for long. */
function isZombie(processId: number): boolean {
  try {
    // The name before the state may hold any character, brackets too.
    return /^\) [ZX] /.test(readFileSync(`/proc/${processId}/stat`, "utf8").replace(/^.*(?=\))/s, ""));
  } catch {
    return false; // another system, or it has just gone: whoever asks next learns it
  }
}

/** The result of one attempt at a claim; `claim` is the one in force now, whoever holds it. */
export interface ClaimAttempt {
  readonly held: boolean;
  readonly until: number;
  readonly claim: Claim;
}

/**
 * A killed process never frees its claim; whoever starts next on its machine need not wait for the lease to run out.
 * `end`: ends the lease of a claim, unless it is settled.
 */
export async function claimFromEnded(
  take: () => Promise<ClaimAttempt>,
  end: (claim: Claim) => Promise<void>,
): Promise<ClaimResult> {
  let taken = await take();
  if (!taken.held && hasEnded(taken.claim.owner)) {
    await end(taken.claim);
    taken = await take();
  }
  return taken.held ? { held: true, claim: taken.claim } : { held: false, until: taken.until };
}
