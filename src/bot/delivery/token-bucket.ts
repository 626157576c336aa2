import type { Rank } from "../port/platform.js";
import type { Allowance } from "./allowance.js";

/** Calls that come back a minute, and calls that may go out at once. */
export interface BucketTerms {
  readonly perMinute: number;
  /** The most calls at once that are ever tried. */
  readonly capacity: number;
  /** Calls at once that are assumed at first; learned upwards to `capacity`. Default: `capacity`. */
  readonly burst?: number;
}

const MINUTE_MS = 60_000;
/** Calls arrive closer together than they were sent: a little less than the service grants keeps clear of its limit. */
const CAUTION = 1.05;
/** Rounding of fractions of a call. */
const GRAIN = 1e-9;
/** This part of a burst is never spent on progress: a wave of answers may end at once. */
const KEPT_FROM_PROGRESS = 0.5;
/** After a refusal a larger burst is not tried for so long. */
const REFUSED_PAUSE_MS = 300_000;

/** Ends of answers that would all be served so soon don't try whether the burst is larger. */
const PATIENCE_MS = 2_000;

/**
 * An allowance that fills up steadily, of a service that tells nothing of what is left (Slack). Where nothing is thought
 * to be left, one urgent call at a time is tried all the same: its success shows that the burst is larger.
 */
export function createTokenBucket(terms: BucketTerms, startAt: number): Allowance {
  const { capacity, perMinute, burst: firstBurst = capacity } = terms;
  const perMs = perMinute / (MINUTE_MS * CAUTION);
  let burst = firstBurst;
  let tokens = firstBurst;
  let filledAt = startAt;
  let closedUntil = 0;
  /** Calls that have not ended. */
  let open = 0;
  /** Calls that end up to the one that tries a larger burst, and this one; undefined while none does. */
  let endsToLearn: number | undefined;
  let triesAt = startAt;
  let firstTextTriesAt = startAt + MINUTE_MS;

  const refill = (now: number) => {
    tokens = Math.min(burst, tokens + Math.max(now - filledAt, 0) * perMs);
    filledAt = now;
  };
  const mayTry = (rank: Rank, waitingEnds: number, now: number) => {
    if (endsToLearn !== undefined || burst >= capacity || now < triesAt) return false;
    // First texts can be shown otherwise: they try once a minute.
    if (rank === "first-text") return now >= firstTextTriesAt;
    return (rank === "last-text" || rank === "error") && waitingEnds - tokens > PATIENCE_MS * perMs;
  };
  return {
    opensAt(rank, kept, now, waitingEnds = 0) {
      refill(now);
      const keptHere = rank === "progress" ? Math.max(kept, Math.floor(burst * KEPT_FROM_PROGRESS)) : kept;
      const missing = 1 + Math.min(keptHere, burst - 1) - tokens;
      const isOpen = missing <= GRAIN || mayTry(rank, waitingEnds, now);
      return Math.max(closedUntil, isOpen ? now : now + Math.ceil(missing / perMs));
    },
    left(now) {
      refill(now);
      return closedUntil > now ? 0 : Math.floor(tokens + GRAIN);
    },
    take(rank, now) {
      refill(now);
      open += 1;
      if (tokens < 1 - GRAIN) {
        endsToLearn = open;
        if (rank === "first-text") firstTextTriesAt = now + MINUTE_MS;
      }
      tokens = Math.max(0, tokens - 1);
    },
    answer() {
      open = Math.max(0, open - 1);
      if (endsToLearn === undefined) return;
      endsToLearn -= 1;
      if (endsToLearn > 0) return;
      endsToLearn = undefined;
      burst += 1;
    },
    refuse(retryAfterMs, now) {
      refill(now);
      closedUntil = Math.max(closedUntil, now + retryAfterMs);
      triesAt = now + REFUSED_PAUSE_MS;
      if (endsToLearn === undefined) burst = Math.max(1, burst - 1);
      endsToLearn = undefined;
      // Others may have used what was thought to be left; how much, a second refusal would tell.
      tokens = Math.min(tokens, Math.max(tokens / 2, 1), burst);
    },
    isIdle(now) {
      refill(now);
      return closedUntil <= now && burst === firstBurst && tokens >= burst;
    },
  };
}
