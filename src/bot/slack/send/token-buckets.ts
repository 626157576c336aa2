import type { Clock } from "../../../base/clock.js";
import { RANKS, type Rank } from "../../port/platform.js";

/** So many calls at once, and so many come back a minute. */
export interface BucketTerms {
  readonly capacity: number;
  readonly perMinute: number;
}

export interface TokenBucketsDeps {
  readonly clock: Clock;
  termsOf(bucket: string): BucketTerms;
}

/** Hands out the calls of each of Slack's buckets, so that none ever runs into a limit. */
export interface TokenBuckets {
  /**
   * Resolves when a call may go out: the more urgent rank first, and within a rank the `flow` (a conversation) that was
   * served longest ago.
   * @throws signal.reason when aborted @throws the reason of `stop`
   */
  take(bucket: string, rank: Rank, signal?: AbortSignal, flow?: string): Promise<void>;
  /** Takes one now, or leaves it: false where `spare` more would not be left, or somebody waits. */
  tryTake(bucket: string, spare?: number): boolean;
  /** How many calls could go out at this moment. */
  left(bucket: string): number;
  /** After a refusal (429): nothing goes out of the bucket for so long. */
  penalize(bucket: string, retryAfterMs: number): void;
  /** Turns everybody away who waits or comes later. */
  stop(reason: unknown): void;
}

interface Waiter {
  readonly rank: Rank;
  readonly flow: string;
  readonly order: number;
  grant(): void;
  refuse(reason: unknown): void;
}

interface Bucket {
  readonly terms: BucketTerms;
  tokens: number;
  at: number;
  closedUntil: number;
  readonly waiters: Set<Waiter>;
  /** When each flow was last served, and until when it counts as an answer that still grows. */
  readonly flows: Map<string, { readonly served: number; readonly liveUntil: number }>;
  timer: AbortController | undefined;
}

const MINUTE_MS = 60_000;
/** Calls arrive closer together than they were sent: a little less than Slack grants keeps clear of its limit. */
const CAUTION = 1.05;
/** An answer that shows nothing new for so long is not waited for with a call of its own. */
const LIVE_MS = 180_000;
const MOST_FLOWS = 200;
const MOST_BUCKETS = 1_000;

/** Ends of answers, errors and first words may use what is kept back from everything else. */
const isUrgent = (rank: Rank) => rank === "last-text" || rank === "error" || rank === "first-text";

export function createTokenBuckets({ clock, termsOf }: TokenBucketsDeps): TokenBuckets {
  const buckets = new Map<string, Bucket>();
  let order = 0;
  let stopped: { readonly reason: unknown } | undefined;

  const bucketOf = (name: string): Bucket => {
    const known = buckets.get(name);
    if (known !== undefined) return refill(known);
    if (buckets.size >= MOST_BUCKETS) forgetFull();
    const terms = termsOf(name);
    const made = { terms, tokens: terms.capacity, at: clock.now(), closedUntil: 0, timer: undefined };
    const bucket: Bucket = { ...made, waiters: new Set(), flows: new Map() };
    buckets.set(name, bucket);
    return bucket;
  };
  const rateOf = ({ terms }: Bucket) => terms.perMinute / (MINUTE_MS * CAUTION);
  const refill = (bucket: Bucket): Bucket => {
    const now = clock.now();
    const passed = Math.max(now - bucket.at, 0);
    bucket.tokens = Math.min(bucket.terms.capacity, bucket.tokens + passed * rateOf(bucket));
    bucket.at = now;
    return bucket;
  };
  const forgetFull = () => {
    for (const [name, bucket] of buckets) {
      refill(bucket);
      const isIdle = bucket.waiters.size === 0 && bucket.closedUntil <= bucket.at;
      if (isIdle && bucket.tokens >= bucket.terms.capacity) buckets.delete(name);
    }
  };
  /** One call for the last text of each answer that grows through this bucket. */
  const reserveOf = ({ flows, terms }: Bucket, now: number) => {
    let live = 0;
    for (const [flow, { liveUntil }] of flows) {
      if (liveUntil > now) live += 1;
      else if (flows.size > MOST_FLOWS) flows.delete(flow);
    }
    return Math.min(live, terms.capacity - 1);
  };
  const opensAt = (bucket: Bucket, rank: Rank) => {
    const needed = 1 + (isUrgent(rank) ? 0 : reserveOf(bucket, bucket.at));
    const missing = needed - bucket.tokens;
    const byTokens = missing > 1e-9 ? bucket.at + Math.ceil(missing / rateOf(bucket)) : bucket.at;
    return Math.max(byTokens, bucket.closedUntil);
  };
  const servedAt = ({ flows }: Bucket, flow: string) => flows.get(flow)?.served ?? -1;
  const nextOf = (bucket: Bucket): Waiter | undefined =>
    [...bucket.waiters].sort(
      (a, b) =>
        RANKS.indexOf(a.rank) - RANKS.indexOf(b.rank) ||
        servedAt(bucket, a.flow) - servedAt(bucket, b.flow) ||
        a.order - b.order,
    )[0];
  const serve = (bucket: Bucket, waiter: Waiter) => {
    bucket.waiters.delete(waiter);
    bucket.tokens -= 1;
    const isGrowing = waiter.rank === "first-text" || waiter.rank === "progress";
    bucket.flows.set(waiter.flow, { served: order++, liveUntil: isGrowing ? bucket.at + LIVE_MS : 0 });
    waiter.grant();
  };
  /** Serves everybody who may go now, and wakes for the next. */
  const pump = (bucket: Bucket) => {
    bucket.timer?.abort();
    bucket.timer = undefined;
    refill(bucket);
    for (let next = nextOf(bucket); next !== undefined; next = nextOf(bucket)) {
      const at = opensAt(bucket, next.rank);
      if (at > bucket.at) return wakeAt(bucket, at);
      serve(bucket, next);
    }
  };
  const wakeAt = (bucket: Bucket, at: number) => {
    const timer = new AbortController();
    bucket.timer = timer;
    clock.sleep(at - clock.now(), timer.signal).then(
      () => pump(bucket),
      () => {}, // another time was set
    );
  };

  return {
    take(name, rank, signal, flow = "") {
      if (stopped !== undefined) return Promise.reject(stopped.reason);
      if (signal?.aborted) return Promise.reject(signal.reason);
      return new Promise((resolve, reject) => {
        const bucket = bucketOf(name);
        const leave = () => {
          bucket.waiters.delete(waiter);
          reject(signal?.reason);
          pump(bucket);
        };
        const done = (settle: () => void) => {
          signal?.removeEventListener("abort", leave);
          settle();
        };
        const waiter: Waiter = {
          rank,
          flow,
          order: order++,
          grant: () => done(resolve),
          refuse: (reason) => done(() => reject(reason)),
        };
        signal?.addEventListener("abort", leave, { once: true });
        bucket.waiters.add(waiter);
        pump(bucket);
      });
    },
    tryTake(name, spare = 0) {
      const bucket = bucketOf(name);
      const isFree = bucket.waiters.size === 0 && bucket.closedUntil <= bucket.at && bucket.tokens >= 1 + spare;
      if (stopped !== undefined || !isFree) return false;
      bucket.tokens -= 1;
      return true;
    },
    left(name) {
      const bucket = bucketOf(name);
      return bucket.closedUntil > bucket.at ? 0 : Math.floor(bucket.tokens);
    },
    penalize(name, retryAfterMs) {
      const bucket = bucketOf(name);
      bucket.closedUntil = Math.max(bucket.closedUntil, clock.now() + retryAfterMs);
      // Others may have used what was thought to be left; how much, a second refusal would tell.
      bucket.tokens = Math.min(bucket.tokens, Math.max(bucket.tokens / 2, 1));
      pump(bucket);
    },
    stop(reason) {
      stopped = { reason };
      for (const { waiters, timer } of buckets.values()) {
        timer?.abort();
        for (const waiter of waiters) waiter.refuse(reason);
        waiters.clear();
      }
    },
  };
}
