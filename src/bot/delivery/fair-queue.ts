import { createHeap } from "../../base/heap.js";

export interface Queued {
  /** Whose turn it takes: an answer, a channel. */
  readonly flow: string;
  /** Number of its arrival. */
  readonly order: number;
  /** It waits no longer. */
  readonly isOver: boolean;
}

/**
 * The waiters for one kind of call; the flow that was served longest ago comes first, and within a flow the first
 * to arrive.
 */
export interface FairQueue<T extends Queued> {
  add(waiter: T): void;
  /** Who is next; undefined when nobody waits. Costs O(log n) where it is another one than before. */
  head(): T | undefined;
  /** Everybody who waits, in order of arrival. */
  all(): readonly T[];
}

/** @param servedAt when a flow was served last; it only ever grows */
export function createFairQueue<T extends Queued>(servedAt: (flow: string) => number): FairQueue<T> {
  const lines = new Map<string, { readonly waiters: T[]; next: number }>();
  const heap = createHeap<{ readonly flow: string; readonly served: number; readonly order: number }>(
    (a, b) => a.served < b.served || (a.served === b.served && a.order < b.order),
  );

  /** The first of a flow's line; those in front of it that wait no longer are dropped. */
  const firstOf = (flow: string): T | undefined => {
    const line = lines.get(flow);
    while (line?.waiters[line.next]?.isOver === true) line.next += 1;
    const first = line?.waiters[line.next];
    if (first === undefined) lines.delete(flow);
    return first;
  };
  return {
    add(waiter) {
      const { flow, order } = waiter;
      const line = lines.get(flow);
      if (line !== undefined) return void line.waiters.push(waiter);
      lines.set(flow, { waiters: [waiter], next: 0 });
      heap.push({ flow, served: servedAt(flow), order });
    },
    head() {
      for (let top = heap.peek(); top !== undefined; top = heap.peek()) {
        const { flow } = top;
        const first = firstOf(flow);
        const served = servedAt(flow);
        if (first !== undefined && served === top.served && first.order === top.order) return first;
        // A flow's place was computed when it came to the top last; since then it was served, or its first has left.
        heap.pop();
        if (first !== undefined) heap.push({ flow, served, order: first.order });
      }
      return undefined;
    },
    all: () =>
      [...lines.values()]
        .flatMap(({ waiters, next }) => waiters.slice(next).filter(({ isOver }) => !isOver))
        .sort((a, b) => a.order - b.order),
  };
}
