import { createHeap, type Heap } from "../../base/heap.js";
import { RANKS, type Rank } from "../port/platform.js";
import type { Allowance } from "./allowance.js";
import { isUrgent, keptIn, NEVER, type RateBucket, type Ready, type Waiter } from "./rate-bucket.js";

/** What all calls together must keep, besides their own bucket. */
export interface SharedAllowance {
  readonly allowance: Allowance;
  /** How many of its calls this rank leaves to more urgent ones. */
  kept(rank: Rank): number;
}

/**
 * Who may go next. Each bucket is looked at only when something happens in it, or when its next waiter may go; whoever
 * its bucket would let go stands in a heap of its rank, where the calls of all together are decided. That costs O(log
 * n)
 * a call for n waiters. An entry may have become untrue since it was made; that shows when it comes to the top.
 */
export class Candidates<A extends Allowance> {
  readonly #global: SharedAllowance | undefined;
  readonly #isFaulty: () => boolean;
  readonly #ready: ReadonlyMap<Rank, Heap<Ready<A>>>;
  readonly #wakes = createHeap<{ readonly bucket: RateBucket<A>; readonly at: number }>((a, b) => a.at < b.at);

  /** @param isFaulty whether the service has failed at a call lately */
  constructor(global: SharedAllowance | undefined, isFaulty: () => boolean) {
    this.#global = global;
    this.#isFaulty = isFaulty;
    const isBefore = (a: Ready<A>, b: Ready<A>) =>
      a.served < b.served || (a.served === b.served && a.head.order < b.head.order);
    this.#ready = new Map(RANKS.map((rank) => [rank, createHeap(isBefore)]));
  }

  /** Looks at a bucket in which something has happened. */
  lookAt(bucket: RateBucket<A>, now: number): void {
    for (const rank of RANKS) this.look(bucket, rank, now);
  }

  /** Puts the next waiter of a bucket and rank among those that may go, or notes when to look again. */
  look(bucket: RateBucket<A>, rank: Rank, now: number): void {
    const head = bucket.queues.get(rank)?.head();
    if (head === undefined || bucket.ready.get(rank)?.head === head) return;
    bucket.ready.delete(rank);
    const at = bucket.allowance.opensAt(rank, keptIn(bucket, rank, this.#isFaulty(), now), now);
    if (at <= now) {
      const ready = { head, served: bucket.flows.servedAt(head.flow) };
      bucket.ready.set(rank, ready);
      this.#ready.get(rank)?.push(ready);
    } else if (at < bucket.wakeAt) {
      bucket.wakeAt = at;
      this.#wakes.push({ bucket, at });
    }
  }

  /** Takes out whom `next` gave. */
  remove({ bucket, rank }: Waiter<A>): void {
    this.#ready.get(rank)?.pop();
    bucket.ready.delete(rank);
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

  /** Who may go now; where nobody may, when to look again. */
  next(now: number): Waiter<A> | number {
    const global = this.#global;
    this.#lookWhereDue(now);
    let nextAt = NEVER;
    for (const [rank, heap] of this.#ready) {
      if (heap.size() === 0) continue;
      const at = global?.allowance.opensAt(rank, isUrgent(rank) ? 0 : global.kept(rank), now) ?? now;
      const head = this.#firstOf(rank, heap, at <= now, now);
      if (head !== undefined && at <= now) return head;
      if (head !== undefined) nextAt = Math.min(nextAt, at);
    }
    return Math.min(nextAt, this.#wakes.peek()?.at ?? NEVER);
  }

  /** The first of a rank whose bucket lets it go; entries that have become untrue are looked at anew. */
  #firstOf(rank: Rank, heap: Heap<Ready<A>>, isToBeServed: boolean, now: number): Waiter<A> | undefined {
    for (let ready = heap.peek(); ready !== undefined; ready = heap.peek()) {
      const { head, served } = ready;
      const { bucket } = head;
      const isNewest = bucket.ready.get(rank) === ready;
      const isTrue =
        isNewest && bucket.queues.get(rank)?.head() === head && bucket.flows.servedAt(head.flow) === served;
      if (isTrue && (!isToBeServed || this.#mayGo(head, now))) return head;
      heap.pop();
      if (!isNewest) continue;
      bucket.ready.delete(rank);
      this.look(bucket, rank, now);
    }
    return undefined;
  }

  #mayGo({ bucket, rank }: Waiter<A>, now: number): boolean {
    return bucket.allowance.opensAt(rank, keptIn(bucket, rank, this.#isFaulty(), now), now) <= now;
  }
}
