import type { Rank } from "../port/platform.js";
import { type Allowance, isEnd } from "./allowance.js";

/** Calls that come back a minute, and calls that may go out at once. */
export interface BucketTerms {
  readonly perMinute: number;
  /** The most calls at once that are ever tried. */
  readonly capacity: number;
  /** Calls at once that are assumed at first; learned upwards to `capacity`. Default: `capacity`. */
  readonly burst?: number;
  /** Among how many processes the calls are divided. Default: one. */
  readonly sharers?: () => number;
}

const MINUTE_MS = 60_000;
/** Calls arrive closer together than they were sent: a little less than the service grants keeps clear of its limit. */
const CAUTION = 1.05;
/** Rounding of fractions of a call. */
const GRAIN = 1e-9;
/** Share of a burst that is never spent on progress, because a wave of answers may end at once. */
const KEPT_FROM_PROGRESS = 0.5;
/** After a refusal a larger burst is not tried for so long. */
const REFUSED_PAUSE_MS = 300_000;

/** Ends of answers that would all be served so soon don't try whether the burst is larger. */
const PATIENCE_MS = 2_000;

/**
 * An allowance that fills up steadily, of a service that tells nothing of what is left (Slack). Where nothing is
 * thought to be left, one urgent call at a time is tried anyway: its success shows that the burst is larger.
 */
export function createTokenBucket(terms: BucketTerms, startAt: number): Allowance {
  const sharers = terms.sharers ?? (() => 1);
  const perMs = () => terms.perMinute / (MINUTE_MS * CAUTION * sharers());
  const burst = createBurst(terms, startAt);
  const size = () => Math.max(1, Math.floor(burst.size() / sharers()));
  let tokens = size();
  let filledAt = startAt;
  let closedUntil = 0;

  const refill = (now: number) => {
    tokens = Math.min(size(), tokens + Math.max(now - filledAt, 0) * perMs());
    filledAt = now;
  };
  return {
    opensAt(rank, kept, now, waitingEnds = 0) {
      refill(now);
      const most = size();
      const keptHere = rank === "progress" ? Math.max(kept, Math.floor(most * KEPT_FROM_PROGRESS)) : kept;
      const missing = 1 + Math.min(keptHere, most - 1) - tokens;
      const isOpen = missing <= GRAIN || burst.mayTry(rank, waitingEnds - tokens > PATIENCE_MS * perMs(), now);
      return Math.max(closedUntil, isOpen ? now : now + Math.ceil(missing / perMs()));
    },
    left(now) {
      refill(now);
      return closedUntil > now ? 0 : Math.floor(tokens + GRAIN);
    },
    take(rank, now) {
      refill(now);
      burst.take(rank, tokens < 1 - GRAIN, now);
      tokens = Math.max(0, tokens - 1);
    },
    answer: burst.answer,
    refuse(retryAfterMs, now) {
      refill(now);
      closedUntil = Math.max(closedUntil, now + retryAfterMs);
      burst.refuse(now);
      // Others may have used what was thought to be left; how much, a second refusal would tell.
      tokens = Math.min(tokens, Math.max(tokens / 2, 1), size());
    },
    isIdle(now) {
      refill(now);
      return closedUntil <= now && burst.isAsAssumed() && tokens >= size();
    },
  };
}

/** What is known of how many calls may go out at once. */
function createBurst({ capacity, burst = capacity }: BucketTerms, startAt: number) {
  let size = burst;
  /** Calls that have not ended. */
  let open = 0;
  /** Calls that end up to the one that tries a larger burst, and this one; undefined while none does. */
  let endsToLearn: number | undefined;
  let triesAt = startAt;
  let firstTextTriesAt = startAt + MINUTE_MS;
  return {
    size: () => size,
    isAsAssumed: () => size === burst,
    mayTry(rank: Rank, isLate: boolean, now: number) {
      if (endsToLearn !== undefined || size >= capacity || now < triesAt) return false;
      // First texts can be shown otherwise: they try once a minute.
      return rank === "first-text" ? now >= firstTextTriesAt : isEnd(rank) && isLate;
    },
    take(rank: Rank, isTry: boolean, now: number) {
      open += 1;
      if (!isTry) return;
      endsToLearn = open;
      if (rank === "first-text") firstTextTriesAt = now + MINUTE_MS;
    },
    answer() {
      open = Math.max(0, open - 1);
      if (endsToLearn === undefined) return;
      endsToLearn -= 1;
      if (endsToLearn > 0) return;
      endsToLearn = undefined;
      size += 1;
    },
    refuse(now: number) {
      triesAt = now + REFUSED_PAUSE_MS;
      if (endsToLearn === undefined) size = Math.max(1, size - 1);
      endsToLearn = undefined;
    },
  };
}
