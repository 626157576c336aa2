import type { Clock } from "../../../base/clock.js";

/** Knows the requests that were taken, by their signatures, for as long as their times are accepted. */
export interface ReplayGuard {
  wasTaken(signature: string): boolean;
  noteTaken(signature: string): void;
}

/** A request is accepted from five minutes before its time to five minutes after it. */
const KEPT_MS = 600_000;

export function createReplayGuard(clock: Clock): ReplayGuard {
  const taken = new Map<string, number>();
  return {
    wasTaken: (signature) => (taken.get(signature) ?? Number.NEGATIVE_INFINITY) + KEPT_MS > clock.now(),
    noteTaken(signature) {
      // Oldest first: what is too old to be accepted needs no memory.
      for (const [old, at] of taken) {
        if (at + KEPT_MS > clock.now()) break;
        taken.delete(old);
      }
      taken.set(signature, clock.now());
    },
  };
}
