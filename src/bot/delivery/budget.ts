import { type Clock, OVER } from "../../base/clock.js";
import { RANKS, type Rank } from "../port/platform.js";
import {
  afterAnswer,
  afterRefusal,
  afterTake,
  freshWindow,
  isSpent,
  merged,
  opensFor,
  type ToldLimits,
  type Window,
  type WindowTerms,
} from "./budget-window.js";

export interface BudgetsDeps {
  readonly clock: Clock;
  /** What is assumed of a bucket until its service tells. */
  limitOf(bucket: string): WindowTerms;
  /** What all calls together must keep, besides their own bucket. */
  readonly global?: WindowTerms;
}

/** Hands out a platform's calls, one budget per real rate-limit bucket, so that nothing ever queues inside an SDK. */
export interface Budgets {
  /**
   * Resolves when a call may go out: the more urgent rank first, and within a rank the `flow` (an answer, a channel)
   * that was served longest ago. Cancelled waiters cost nothing.
   * @throws signal.reason when aborted @throws the reason of `stop`
   */
  take(bucket: string, rank: Rank, signal?: AbortSignal, flow?: string): Promise<void>;
  /** Called once after every call's answer, with what its headers told, if anything. */
  learn(bucket: string, limits?: ToldLimits): void;
  /** After a refusal (429): nothing goes out of the bucket, or at all, for so long. */
  penalize(bucket: string | typeof GLOBAL, retryAfterMs: number): void;
  /** A call failed without being refused: for a while, one more call is kept in each bucket, for a last text that has to be sent twice. */
  noteFault(): void;
  /** The service counts the calls of both as one: what was taken from the first, and whoever waits there, moves over. */
  merge(bucket: string, into: string): void;
  /** Turns everybody away who waits or comes later. */
  stop(reason: unknown): void;
}

/** The bucket of all calls together. */
export const GLOBAL = "global";

interface Waiter {
  bucket: string;
  readonly rank: Rank;
  readonly flow: string;
  readonly order: number;
  grant(): void;
  refuse(reason: unknown): void;
}

interface Bucket {
  window: Window;
  /** When each flow was last served, and until when it counts as an answer that still grows. */
  readonly flows: Map<string, { readonly served: number; readonly liveUntil: number }>;
}

/** This part of what all calls together may be stays free for first and last texts; and this beside what is not text. */
const KEPT_BESIDE_PROGRESS = 0.2;
const KEPT_BESIDE_OTHERS = 0.3;
/** An answer that shows nothing new for so long is not waited for with a call of its own. */
const LIVE_MS = 180_000;
/** A service that has failed at a call is expected to do so again for so long. */
const FAULTY_MS = 60_000;
/** Idle buckets are forgotten beyond so many. */
const MOST_BUCKETS = 500;
/** Beyond so many, those of a bucket that are over are. */
const MOST_FLOWS = 100;

export function createBudgets({ clock, limitOf, global }: BudgetsDeps): Budgets {
  const buckets = new Map<string, Bucket>();
  const waiters = new Set<Waiter>();
  let overall = global === undefined ? undefined : freshWindow(global);
  let order = 0;
  let faultyUntil = Number.NEGATIVE_INFINITY;
  let stopped: { readonly reason: unknown } | undefined;
  let timer = new AbortController();
  let timerAt = Number.POSITIVE_INFINITY;

  const bucketOf = (name: string): Bucket => {
    const known = buckets.get(name);
    if (known !== undefined) return known;
    if (buckets.size >= MOST_BUCKETS) forgetIdle();
    const made = { window: freshWindow(limitOf(name)), flows: new Map() };
    buckets.set(name, made);
    return made;
  };
  const forgetIdle = () => {
    const inUse = new Set([...waiters].map(({ bucket }) => bucket));
    for (const [name, { window }] of buckets) {
      if (!inUse.has(name) && isSpent(window, clock.now())) buckets.delete(name);
    }
  };
  /** How many calls are kept for last texts. */
  const keptIn = ({ flows }: Bucket) => {
    let count = 0;
    for (const [flow, { liveUntil }] of flows) {
      if (liveUntil > clock.now()) count += 1;
      else if (flows.size > MOST_FLOWS) flows.delete(flow);
    }
    return count > 0 && faultyUntil > clock.now() ? count + 1 : count;
  };
  /** When each waiter may go, as things stand; those of one bucket and rank may go at the same time. */
  const openings = (now: number) => {
    const known = new Map<string, number>();
    return ({ bucket, rank }: Waiter) => {
      const key = `${rank} ${bucket}`;
      const found = known.get(key);
      if (found !== undefined) return found;
      const own = bucketOf(bucket);
      const byBucket = opensFor(own.window, rank, keptIn(own), now);
      const at =
        overall === undefined ? byBucket : Math.max(byBucket, opensFor(overall, rank, keptForTexts(rank), now));
      known.set(key, at);
      return at;
    };
  };
  const keptForTexts = (rank: Rank) =>
    Math.floor((global?.limit ?? 0) * (rank === "progress" ? KEPT_BESIDE_PROGRESS : KEPT_BESIDE_OTHERS));
  const servedAt = ({ bucket, flow }: Waiter) => bucketOf(bucket).flows.get(flow)?.served ?? -1;
  const inTurn = () =>
    [...waiters].sort(
      (a, b) => RANKS.indexOf(a.rank) - RANKS.indexOf(b.rank) || servedAt(a) - servedAt(b) || a.order - b.order,
    );

  const serve = (waiter: Waiter, now: number) => {
    waiters.delete(waiter);
    const own = bucketOf(waiter.bucket);
    own.window = afterTake(own.window, waiter.rank, now);
    if (overall !== undefined) overall = afterTake(overall, waiter.rank, now);
    const isGrowing = waiter.rank === "first-text" || waiter.rank === "progress";
    own.flows.set(waiter.flow, { served: order++, liveUntil: isGrowing ? now + LIVE_MS : 0 });
    waiter.grant();
  };
  /** Serves everybody who may go now, and wakes for the next. */
  const pump = () => {
    for (;;) {
      const now = clock.now();
      let nextAt = Number.POSITIVE_INFINITY;
      const opensAt = openings(now);
      const next = inTurn().find((waiter) => {
        const at = opensAt(waiter);
        nextAt = Math.min(nextAt, at);
        return at <= now;
      });
      if (next === undefined) return wakeAt(nextAt);
      serve(next, now);
    }
  };
  const wakeAt = (at: number) => {
    if (at === timerAt) return;
    timer.abort(OVER);
    timer = new AbortController();
    timerAt = at;
    if (at === Number.POSITIVE_INFINITY) return;
    clock.sleep(at - clock.now(), timer.signal).then(
      () => {
        timerAt = Number.POSITIVE_INFINITY;
        pump();
      },
      () => {}, // another time was set
    );
  };

  return {
    take(bucket, rank, signal, flow = "") {
      if (stopped !== undefined) return Promise.reject(stopped.reason);
      if (signal?.aborted) return Promise.reject(signal.reason);
      return new Promise((resolve, reject) => {
        const leave = () => {
          waiters.delete(waiter);
          reject(signal?.reason);
          pump();
        };
        const done = (settle: () => void) => {
          signal?.removeEventListener("abort", leave);
          settle();
        };
        const waiter: Waiter = {
          bucket,
          rank,
          flow,
          order: order++,
          grant: () => done(resolve),
          refuse: (reason) => done(() => reject(reason)),
        };
        signal?.addEventListener("abort", leave, { once: true });
        waiters.add(waiter);
        pump();
      });
    },
    learn(bucket, limits) {
      const own = bucketOf(bucket);
      own.window = afterAnswer(own.window, limits, clock.now());
      if (overall !== undefined) overall = afterAnswer(overall, undefined, clock.now());
      pump();
    },
    penalize(bucket, retryAfterMs) {
      if (bucket === GLOBAL) {
        overall = afterRefusal(overall ?? freshWindow({ limit: 1_000, windowMs: 1_000 }), retryAfterMs, clock.now());
      } else {
        const own = bucketOf(bucket);
        own.window = afterRefusal(own.window, retryAfterMs, clock.now());
      }
      pump();
    },
    noteFault() {
      faultyUntil = clock.now() + FAULTY_MS;
    },
    merge(bucket, into) {
      const own = buckets.get(bucket);
      if (own === undefined || bucket === into) return;
      const other = buckets.get(into);
      buckets.delete(bucket);
      buckets.set(into, {
        window: other === undefined ? own.window : merged(own.window, other.window),
        flows: new Map([...(other?.flows ?? []), ...own.flows]),
      });
      for (const waiter of waiters) if (waiter.bucket === bucket) waiter.bucket = into;
      pump();
    },
    stop(reason) {
      stopped = { reason };
      for (const waiter of waiters) waiter.refuse(reason);
      waiters.clear();
      timer.abort(OVER);
    },
  };
}
