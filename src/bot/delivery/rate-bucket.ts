import type { Rank } from "../port/platform.js";
import type { Allowance } from "./allowance.js";
import { createFairQueue, type FairQueue } from "./fair-queue.js";
import { createFlows, type Flows } from "./flows.js";

/** Somebody who waits for a call. */
export interface Waiter<A> {
  readonly rank: Rank;
  readonly flow: string;
  readonly order: number;
  bucket: RateBucket<A>;
  isOver: boolean;
  grant(): void;
  refuse(reason: unknown): void;
}

/** The first waiter of a bucket and rank, which the bucket itself would let go. */
export interface Ready<A> {
  readonly head: Waiter<A>;
  readonly served: number;
}

/** One rate-limit bucket, and who waits for its calls. */
export interface RateBucket<A> {
  readonly allowance: A;
  readonly flows: Flows;
  readonly queues: Map<Rank, FairQueue<Waiter<A>>>;
  /** Which of its ranks are among those that may go, and with whom. */
  readonly ready: Map<Rank, Ready<A>>;
  waiting: number;
  /** When it is looked at again because somebody may go by then. */
  wakeAt: number;
}

export const NEVER = Number.POSITIVE_INFINITY;

/** Ends of answers, errors, and first texts may use what is kept back from everything else. */
export const isUrgent = (rank: Rank) => rank === "last-text" || rank === "error" || rank === "first-text";

export const createRateBucket = <A extends Allowance>(allowance: A): RateBucket<A> => ({
  allowance,
  flows: createFlows(),
  queues: new Map(),
  ready: new Map(),
  waiting: 0,
  wakeAt: NEVER,
});

export function addWaiter<A>(waiter: Waiter<A>): void {
  const { bucket, rank } = waiter;
  const queue = bucket.queues.get(rank) ?? createFairQueue<Waiter<A>>(bucket.flows.servedAt);
  bucket.queues.set(rank, queue);
  queue.add(waiter);
  bucket.waiting += 1;
}

/** It was served, or gave up. */
export function endWaiter<A>(waiter: Waiter<A>): void {
  const { bucket } = waiter;
  waiter.isOver = true;
  bucket.waiting -= 1;
  if (bucket.waiting > 0) return;
  bucket.queues.clear();
  bucket.ready.clear();
  bucket.wakeAt = NEVER;
}

/**
 * How many calls are kept from this rank, for last texts; one more where the service fails, so that one can be sent
 * twice.
 */
export function keptIn<A>({ flows }: RateBucket<A>, rank: Rank, isFaulty: boolean, now: number): number {
  if (isUrgent(rank)) return 0;
  const growing = flows.growing(now);
  return growing > 0 && isFaulty ? growing + 1 : growing;
}
