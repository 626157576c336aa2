/** A binary heap: the entry that sorts first is at hand at any time. Adding and removing cost O(log n). */
export interface Heap<T> {
  size(): number;
  /** The first entry; undefined while there is none. */
  peek(): T | undefined;
  /** Takes the first entry out. */
  pop(): T | undefined;
  push(entry: T): void;
}

/** `before` says whether `a` sorts before `b`. Entries must not change their order while they are inside. */
export function createHeap<T>(before: (a: T, b: T) => boolean): Heap<T> {
  const entries: T[] = [];

  const isBefore = (a: number, b: number) => {
    const [first, second] = [entries[a], entries[b]];
    return first !== undefined && second !== undefined && before(first, second);
  };
  const swap = (a: number, b: number) => {
    const [first, second] = [entries[a], entries[b]];
    if (first === undefined || second === undefined) return;
    entries[a] = second;
    entries[b] = first;
  };
  const rise = (from: number) => {
    for (let at = from; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!isBefore(at, parent)) return;
      swap(at, parent);
      at = parent;
    }
  };
  const sink = () => {
    for (let at = 0; ; ) {
      const left = 2 * at + 1;
      const child = isBefore(left + 1, left) ? left + 1 : left;
      if (!isBefore(child, at)) return;
      swap(at, child);
      at = child;
    }
  };
  return {
    size: () => entries.length,
    peek: () => entries[0],
    push(entry) {
      entries.push(entry);
      rise(entries.length - 1);
    },
    pop() {
      const first = entries[0];
      const last = entries.pop();
      if (entries.length > 0 && last !== undefined) {
        entries[0] = last;
        sink();
      }
      return first;
    },
  };
}
