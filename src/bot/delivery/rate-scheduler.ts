import { type Clock, OVER } from "../../base/clock.js";
import type { Rank } from "../port/platform.js";
import type { Allowance, ToldLimits } from "./allowance.js";
import {
  Candidates,
  createRateBucket,
  NEVER,
  type RateBucket,
  type SharedAllowance,
  type Waiter,
} from "./fair-queue.js";

export interface RateSchedulerDeps<A extends Allowance> {
  readonly clock: Clock;
  /** What is assumed of a bucket until its service tells. */
  allowanceOf(bucket: string): A;
  /** What all calls together must keep, besides their own bucket. */
  readonly global?: SharedAllowance;
  /** Counts in `into` what was counted in `from`, which turned out to be the same bucket. */
  absorb?(into: A, from: A): void;
}

/**
 * Hands out a platform's calls, one allowance per real rate-limit bucket, so that nothing ever queues inside an SDK.
 */
export interface RateScheduler {
  /**
   * Resolves when a call may go out: the more urgent rank first, and within a rank the `flow` (an answer, a channel)
   * that was served longest ago. Cancelled waiters cost nothing.
   * @throws signal.reason when aborted @throws the reason of `stop`
   */
  take(bucket: string, rank: Rank, signal?: AbortSignal, flow?: string): Promise<void>;
  /** Takes a call now, or leaves it: false where none is left, or somebody waits. Default rank: "mark". */
  tryTake(bucket: string, rank?: Rank): boolean;
  /**
   * Says that a flow is an answer that grows in a bucket, or no longer does, where its calls there don't: one call is
   * kept for its last text while it grows.
   */
  setGrowing(bucket: string, flow: string, isGrowing: boolean): void;
  /** How many calls of a bucket could go out now. */
  left(bucket: string): number;
  /** Called once after every call's answer, with what its headers told, if anything. */
  learn(bucket: string, limits?: ToldLimits): void;
  /** After a refusal (429): nothing goes out of the bucket, or at all (GLOBAL), for so long. */
  penalize(bucket: string, retryAfterMs: number): void;
  /**
   * A call failed without being refused: for a while, two more calls are kept in each bucket, for a last text that has
   * to be sent again.
   */
  noteFault(): void;
  /**
   * The service counts the calls of both as one: what was taken from the first, and whoever waits there, moves over.
   */
  merge(bucket: string, into: string): void;
  /** Turns everybody away who waits or comes later. */
  stop(reason: unknown): void;
}

/** The bucket of all calls together. */
export const GLOBAL = "global";

/** A service that has failed at a call is expected to do so again for so long. */
const FAULTY_MS = 60_000;
/** Above this many buckets, idle ones are evicted. */
const MOST_BUCKETS = 200;

class Scheduler<A extends Allowance> implements RateScheduler {
  readonly #deps: RateSchedulerDeps<A>;
  readonly #buckets = new Map<string, RateBucket<A>>();
  readonly #candidates: Candidates<A>;
  #order = 0;
  #faultyUntil = Number.NEGATIVE_INFINITY;
  #evictAbove = MOST_BUCKETS;
  #stopped: { readonly reason: unknown } | undefined;
  readonly #alarm: Alarm;

  constructor(deps: RateSchedulerDeps<A>) {
    this.#deps = deps;
    this.#alarm = createAlarm(deps.clock, () => this.#pump());
    this.#candidates = new Candidates(deps.global, () => this.#faultyUntil > deps.clock.now());
  }

  take(name: string, rank: Rank, signal?: AbortSignal, flow = ""): Promise<void> {
    if (this.#stopped !== undefined) return Promise.reject(this.#stopped.reason);
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const leave = () => {
        waiter.bucket.queue.end(waiter);
        reject(signal?.reason);
        this.#update(waiter.bucket);
      };
      const settle = (work: () => void) => {
        signal?.removeEventListener("abort", leave);
        work();
      };
      const bucket = this.#bucketOf(name);
      const waiter: Waiter<A> = {
        rank,
        flow,
        order: this.#order++,
        bucket,
        isOver: false,
        grant: () => settle(resolve),
        refuse: (reason) => settle(() => reject(reason)),
      };
      signal?.addEventListener("abort", leave, { once: true });
      bucket.queue.add(waiter);
      this.#candidates.look(bucket, rank, this.#deps.clock.now());
      this.#pump();
    });
  }

  tryTake(name: string, rank: Rank = "mark"): boolean {
    const { queue, allowance } = this.#bucketOf(name);
    const now = this.#deps.clock.now();
    const all = [allowance, ...(this.#deps.global === undefined ? [] : [this.#deps.global.allowance])];
    const isFree = queue.isEmpty() && all.every((each) => each.opensAt(rank, 0, now) <= now);
    if (this.#stopped !== undefined || !isFree) return false;
    for (const each of all) each.take(rank, now);
    return true;
  }

  setGrowing(name: string, flow: string, isGrowing: boolean): void {
    const bucket = this.#bucketOf(name);
    bucket.queue.setGrowing(flow, isGrowing, this.#deps.clock.now());
    if (!isGrowing) this.#update(bucket);
  }

  left(name: string): number {
    return this.#bucketOf(name).allowance.left(this.#deps.clock.now());
  }

  learn(name: string, limits?: ToldLimits): void {
    const now = this.#deps.clock.now();
    const bucket = this.#bucketOf(name);
    bucket.allowance.answer(limits, now);
    this.#deps.global?.allowance.answer(undefined, now);
    this.#update(bucket);
  }

  penalize(name: string, retryAfterMs: number): void {
    const allowance = name === GLOBAL ? this.#deps.global?.allowance : this.#bucketOf(name).allowance;
    allowance?.refuse(retryAfterMs, this.#deps.clock.now());
    this.#pump();
  }

  noteFault(): void {
    this.#faultyUntil = this.#deps.clock.now() + FAULTY_MS;
  }

  merge(name: string, into: string): void {
    const from = this.#buckets.get(name);
    if (from === undefined || name === into) return;
    const target = this.#buckets.get(into);
    this.#buckets.delete(name);
    if (target === undefined) return void this.#buckets.set(into, from);
    this.#deps.absorb?.(target.allowance, from.allowance);
    target.queue.absorbFlows(from.queue);
    const waiters = [from, target].flatMap(({ queue, ready }) => {
      ready.clear();
      return queue.takeAll();
    });
    for (const waiter of waiters.sort((a, b) => a.order - b.order))
      target.queue.add(Object.assign(waiter, { bucket: target }));
    this.#update(target);
  }

  stop(reason: unknown): void {
    this.#stopped = { reason };
    for (const { queue } of this.#buckets.values()) for (const waiter of queue.takeAll()) waiter.refuse(reason);
    this.#alarm.set(NEVER);
  }

  #bucketOf(name: string): RateBucket<A> {
    const known = this.#buckets.get(name);
    if (known !== undefined) return known;
    if (this.#buckets.size >= this.#evictAbove) this.#evictIdle();
    const made = createRateBucket(this.#deps.allowanceOf(name));
    this.#buckets.set(name, made);
    return made;
  }

  #evictIdle(): void {
    const now = this.#deps.clock.now();
    for (const [name, { queue, allowance }] of this.#buckets)
      if (queue.isEmpty() && allowance.isIdle(now)) this.#buckets.delete(name);
    this.#evictAbove = Math.max(MOST_BUCKETS, 2 * this.#buckets.size);
  }

  /** Something has happened in a bucket. */
  #update(bucket: RateBucket<A>): void {
    this.#candidates.lookAt(bucket, this.#deps.clock.now());
    this.#pump();
  }

  /** Serves everybody who may go now, and wakes for the next. */
  #pump(): void {
    const now = this.#deps.clock.now();
    let next = this.#candidates.take(now);
    for (; typeof next !== "number"; next = this.#candidates.take(now)) this.#serve(next, now);
    this.#alarm.set(next);
  }

  #serve(waiter: Waiter<A>, now: number): void {
    const { bucket, rank } = waiter;
    bucket.allowance.take(rank, now);
    this.#deps.global?.allowance.take(rank, now);
    bucket.queue.serve(waiter, this.#order++, now);
    bucket.queue.end(waiter);
    waiter.grant();
    this.#candidates.lookAt(bucket, now);
  }
}

export const createRateScheduler = <A extends Allowance>(deps: RateSchedulerDeps<A>): RateScheduler =>
  new Scheduler(deps);

/** A timer that rings once, at the time that was set last. */
export interface Alarm {
  /** Rings at `at` (epoch ms) in the place of what was set before; at Infinity never. */
  set(at: number): void;
}

export function createAlarm(clock: Clock, onRing: () => void): Alarm {
  let timer: { readonly at: number; readonly abort: AbortController } | undefined;
  let setTo = Number.POSITIVE_INFINITY;

  const stop = () => {
    timer?.abort.abort(OVER);
    timer = undefined;
  };
  const start = (at: number) => {
    const abort = new AbortController();
    timer = { at, abort };
    clock.sleep(at - clock.now(), abort.signal).then(
      () => {
        timer = undefined;
        if (setTo > at) return start(setTo);
        setTo = Number.POSITIVE_INFINITY;
        onRing();
      },
      () => {}, // another time was set
    );
  };
  return {
    set(at) {
      setTo = at;
      // A timer that ends too early starts the next one: most times are set again before that, to later ones.
      if (timer !== undefined && timer.at <= at && at !== Number.POSITIVE_INFINITY) return;
      stop();
      if (at !== Number.POSITIVE_INFINITY) start(at);
    },
  };
}
