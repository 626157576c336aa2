import { createHeap, type Heap } from "../../base/heap.js";
import { RANKS, type Rank } from "../port/platform.js";
import { type Allowance, isUrgent } from "./allowance.js";

export interface Queued {
  readonly rank: Rank;
  /** Whose turn it takes: an answer, a channel. */
  readonly flow: string;
  /** Number of its arrival. */
  readonly order: number;
  /** Whether the waiter was served or gave up. */
  isOver: boolean;
}

/** The waiters of one rank: a line for each flow, and the flows by their turn. */
interface RankQueue<T> {
  readonly lines: Map<string, { readonly waiters: T[]; next: number }>;
  readonly turns: Heap<{ readonly flow: string; readonly served: number; readonly order: number }>;
  waiting: number;
}

/** An answer that shows nothing new for so long is not waited for with a call of its own. */
const GROWING_MS = 180_000;
/** Above this many flows, finished ones are evicted. */
const MOST_FLOWS = 200;

/**
 * Who waits for the calls of one rate-limit bucket. Within a rank the flow that was served longest ago comes first, and
 * within a flow the first to arrive; that costs O(log n) for n waiters. It also knows which answers still grow.
 */
export class FairQueue<T extends Queued> {
  /** The number of each flow's last call, ascending. */
  readonly #served = new Map<string, number>();
  /** Until when each growing flow is waited for, ascending. */
  readonly #growing = new Map<string, number>();
  readonly #ranks = new Map<Rank, RankQueue<T>>();
  #evictAbove = MOST_FLOWS;

  add(waiter: T): void {
    const { rank, flow, order } = waiter;
    const queue = this.#ranks.get(rank) ?? createRankQueue<T>();
    this.#ranks.set(rank, queue);
    queue.waiting += 1;
    const line = queue.lines.get(flow);
    if (line !== undefined) return void line.waiters.push(waiter);
    queue.lines.set(flow, { waiters: [waiter], next: 0 });
    queue.turns.push({ flow, served: this.servedAt(flow), order });
  }

  /** Removes a waiter that was served or gave up. */
  end(waiter: T): void {
    const queue = this.#ranks.get(waiter.rank);
    waiter.isOver = true;
    if (queue === undefined) return;
    queue.waiting -= 1;
    if (queue.waiting === 0) this.#ranks.delete(waiter.rank);
  }

  /** Who is next in a rank; undefined when nobody waits there. */
  head(rank: Rank): T | undefined {
    const queue = this.#ranks.get(rank);
    if (queue === undefined) return undefined;
    const { turns } = queue;
    for (let top = turns.peek(); top !== undefined; top = turns.peek()) {
      const { flow } = top;
      const first = firstOf(queue, flow);
      const served = this.servedAt(flow);
      if (first !== undefined && served === top.served && first.order === top.order) return first;
      // A flow's place was computed when it came to the top last; since then it was served, or its first has left.
      turns.pop();
      if (first !== undefined) turns.push({ flow, served, order: first.order });
    }
    return undefined;
  }

  /** How many ends of answers wait. */
  waitingEnds(): number {
    return (this.#ranks.get("last-text")?.waiting ?? 0) + (this.#ranks.get("error")?.waiting ?? 0);
  }

  isEmpty(): boolean {
    return this.#ranks.size === 0;
  }

  /** The number of a flow's last call; -1 for one that had none. */
  servedAt(flow: string): number {
    return this.#served.get(flow) ?? -1;
  }

  /** A call of this flow goes out, as call number `order`. */
  serve({ flow, rank }: T, order: number, now: number): void {
    this.setGrowing(flow, rank === "first-text" || rank === "progress", now);
    setLast(this.#served, flow, order);
    if (this.#served.size <= this.#evictAbove) return;
    for (const each of this.#served.keys()) if (!this.#growing.has(each)) this.#served.delete(each);
    this.#evictAbove = Math.max(MOST_FLOWS, 2 * this.#served.size);
  }

  /** Says whether a flow is an answer of which more is to come. */
  setGrowing(flow: string, isGrowing: boolean, now: number): void {
    if (isGrowing) setLast(this.#growing, flow, now + GROWING_MS);
    else this.#growing.delete(flow);
  }

  /** Answers that still grow: each needs a call for its last text. */
  growing(now: number): number {
    for (const [flow, until] of this.#growing) {
      if (until > now) break;
      this.#growing.delete(flow);
    }
    return this.#growing.size;
  }

  /** Takes everybody out, in order of arrival. */
  takeAll(): readonly T[] {
    const all = [...this.#ranks.values()].flatMap(({ lines }) => [...lines.values()].flatMap(({ waiters }) => waiters));
    this.#ranks.clear();
    return all.filter(({ isOver }) => !isOver).sort((a, b) => a.order - b.order);
  }

  /** Takes in what is known of the flows of a bucket that turned out to be the same. */
  absorbFlows(other: FairQueue<T>): void {
    addSorted(this.#served, other.#served);
    addSorted(this.#growing, other.#growing);
  }
}

const createRankQueue = <T>(): RankQueue<T> => ({
  lines: new Map(),
  turns: createHeap((a, b) => a.served < b.served || (a.served === b.served && a.order < b.order)),
  waiting: 0,
});

/** The first of a flow's line; those in front of it that wait no longer are dropped. */
function firstOf<T extends Queued>({ lines }: RankQueue<T>, flow: string): T | undefined {
  const line = lines.get(flow);
  while (line?.waiters[line.next]?.isOver === true) line.next += 1;
  const first = line?.waiters[line.next];
  if (first === undefined) lines.delete(flow);
  return first;
}

function setLast(map: Map<string, number>, flow: string, value: number): void {
  map.delete(flow);
  map.set(flow, value);
}

function addSorted(map: Map<string, number>, more: ReadonlyMap<string, number>): void {
  const all = [...map, ...more].sort(([, a], [, b]) => a - b);
  map.clear();
  for (const [flow, value] of all) setLast(map, flow, value);
}

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
