import type { Allowance } from "./allowance.js";

/** As many calls at once, and as many that come back a minute. */
export interface BucketTerms {
  readonly capacity: number;
  readonly perMinute: number;
}

const MINUTE_MS = 60_000;
/** Calls arrive closer together than they were sent: a little less than the service grants keeps clear of its limit. */
const CAUTION = 1.05;
/** Rounding of fractions of a call. */
const GRAIN = 1e-9;

/** An allowance that fills up steadily, of a service that tells nothing of what is left (Slack). */
export function createTokenBucket({ capacity, perMinute }: BucketTerms, startAt: number): Allowance {
  const perMs = perMinute / (MINUTE_MS * CAUTION);
  let tokens = capacity;
  let filledAt = startAt;
  let closedUntil = 0;

  const refill = (now: number) => {
    tokens = Math.min(capacity, tokens + Math.max(now - filledAt, 0) * perMs);
    filledAt = now;
  };
  return {
    opensAt(_rank, kept, now) {
      refill(now);
      const missing = 1 + Math.min(kept, capacity - 1) - tokens;
      return Math.max(closedUntil, missing > GRAIN ? now + Math.ceil(missing / perMs) : now);
    },
    left(now) {
      refill(now);
      return closedUntil > now ? 0 : Math.floor(tokens);
    },
    take(_rank, now) {
      refill(now);
      tokens -= 1;
    },
    answer() {},
    refuse(retryAfterMs, now) {
      refill(now);
      closedUntil = Math.max(closedUntil, now + retryAfterMs);
      // Others may have used what was thought to be left; how much, a second refusal would tell.
      tokens = Math.min(tokens, Math.max(tokens / 2, 1));
    },
    isIdle(now) {
      refill(now);
      return closedUntil <= now && tokens >= capacity;
    },
  };
}
