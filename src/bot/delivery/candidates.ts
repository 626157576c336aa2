import { createHeap, type Heap } from "../../base/heap.js";
import { RANKS, type Rank } from "../port/platform.js";
import { type Allowance, isUrgent } from "./allowance.js";
import { FairQueue, type Queued } from "./fair-queue.js";

/** Somebody who waits for a call. */
export interface Waiter<A> extends Queued {
  bucket: RateBucket<A>;
  grant(): void;
  refuse(reason: unknown): void;
}

/** One rate-limit bucket, and who waits for its calls. */
export interface RateBucket<A> {
  readonly allowance: A;
  readonly queue: FairQueue<Waiter<A>>;
  /** Who stands among the candidates of each rank. */
  readonly ready: Map<Rank, Candidate<A>>;
  /** When it is looked at again (epoch ms), because a waiter may go by then. */
  wakeAt: number;
}

/** The first waiter of a bucket and rank, which the bucket itself would let go. */
interface Candidate<A> {
  readonly head: Waiter<A>;
  readonly served: number;
}

/** What all calls together must keep, besides their own bucket. */
export interface SharedAllowance {
  readonly allowance: Allowance;
  /** How many of its calls this rank leaves to more urgent ones. */
  kept(rank: Rank): number;
}

export const NEVER = Number.POSITIVE_INFINITY;
/** Calls that are kept for last texts where the service fails, besides one for each: one can be sent three times. */
const KEPT_AFTER_FAULT = 2;

export const createRateBucket = <A>(allowance: A): RateBucket<A> => ({
  allowance,
  queue: new FairQueue(),
  ready: new Map(),
  wakeAt: NEVER,
});

/**
 * Who may go next. Each bucket is looked at only when something happens in it, or when its next waiter may go; whoever
 * its bucket would let go stands in a heap of its rank, where the calls of all together are decided. That costs
 * O(log n) a call for n waiters. An entry may have become untrue since it was made, which shows when it comes to the
 * top.
 */
export class Candidates<A extends Allowance> {
  readonly #global: SharedAllowance | undefined;
  readonly #isFaulty: () => boolean;
  readonly #ready: ReadonlyMap<Rank, Heap<Candidate<A>>>;
  readonly #wakes = createHeap<{ readonly bucket: RateBucket<A>; readonly at: number }>((a, b) => a.at < b.at);

  /** @param isFaulty whether the service has failed at a call lately */
  constructor(global: SharedAllowance | undefined, isFaulty: () => boolean) {
    this.#global = global;
    this.#isFaulty = isFaulty;
    const isBefore = (a: Candidate<A>, b: Candidate<A>) =>
      a.served < b.served || (a.served === b.served && a.head.order < b.head.order);
    this.#ready = new Map(RANKS.map((rank) => [rank, createHeap(isBefore)]));
  }

  /** Looks at a bucket in which something has happened. */
  lookAt(bucket: RateBucket<A>, now: number): void {
    if (bucket.queue.isEmpty()) {
      bucket.ready.clear();
      bucket.wakeAt = NEVER;
    } else for (const rank of RANKS) this.look(bucket, rank, now);
  }

  /** Puts the next waiter of a bucket and rank among those that may go, or notes when to look again. */
  look(bucket: RateBucket<A>, rank: Rank, now: number): void {
    const head = bucket.queue.head(rank);
    if (head === undefined || bucket.ready.get(rank)?.head === head) return;
    bucket.ready.delete(rank);
    const at = this.#opensAt(bucket, rank, now);
    if (at <= now) {
      const candidate = { head, served: bucket.queue.servedAt(head.flow) };
      bucket.ready.set(rank, candidate);
      this.#ready.get(rank)?.push(candidate);
    } else if (at < bucket.wakeAt) {
      bucket.wakeAt = at;
      this.#wakes.push({ bucket, at });
    }
  }

  /** Who may go now, and is taken out; where nobody may, when to look again. */
  take(now: number): Waiter<A> | number {
    this.#lookWhereDue(now);
    let nextAt = NEVER;
    for (const [rank, heap] of this.#ready) {
      if (heap.size() === 0) continue;
      const at = this.#global?.allowance.opensAt(rank, isUrgent(rank) ? 0 : this.#global.kept(rank), now) ?? now;
      const head = this.#firstOf(rank, heap, at <= now, now);
      if (head === undefined) continue;
      if (at > now) nextAt = Math.min(nextAt, at);
      else {
        heap.pop();
        head.bucket.ready.delete(rank);
        return head;
      }
    }
    return Math.min(nextAt, this.#wakes.peek()?.at ?? NEVER);
  }

  #lookWhereDue(now: number): void {
    for (let due = this.#wakes.peek(); due !== undefined; due = this.#wakes.peek()) {
      const isStale = due.bucket.wakeAt !== due.at;
      if (!isStale && due.at > now) return;
      this.#wakes.pop();
      if (isStale) continue;
      due.bucket.wakeAt = NEVER;
      this.lookAt(due.bucket, now);
    }
  }

  /** The first of a rank whose bucket lets it go; entries that have become untrue are looked at again. */
  #firstOf(rank: Rank, heap: Heap<Candidate<A>>, isToBeServed: boolean, now: number): Waiter<A> | undefined {
    for (let candidate = heap.peek(); candidate !== undefined; candidate = heap.peek()) {
      const { head, served } = candidate;
      const { bucket } = head;
      const isNewest = bucket.ready.get(rank) === candidate;
      const isTrue = isNewest && bucket.queue.head(rank) === head && bucket.queue.servedAt(head.flow) === served;
      if (isTrue && (!isToBeServed || this.#opensAt(bucket, rank, now) <= now)) return head;
      heap.pop();
      if (!isNewest) continue;
      bucket.ready.delete(rank);
      this.look(bucket, rank, now);
    }
    return undefined;
  }

  #opensAt({ allowance, queue }: RateBucket<A>, rank: Rank, now: number): number {
    if (isUrgent(rank)) return allowance.opensAt(rank, 0, now, queue.waitingEnds());
    const growing = queue.growing(now);
    return allowance.opensAt(rank, growing > 0 && this.#isFaulty() ? growing + KEPT_AFTER_FAULT : growing, now);
  }
}
