/** The longest of the values that were seen lately. */
export interface RecentLongest {
  see(ms: number, now: number): void;
  longest(): number;
}

/** `forMs`: how long a value counts after it was last seen in force. */
export function createRecentLongest(forMs: number): RecentLongest {
  let seen: readonly { readonly at: number; readonly ms: number }[] = [];
  return {
    see(ms, now) {
      // What a longer one follows can never be the longest again.
      const alive = seen.filter((value) => value.ms > ms && Math.abs(now - value.at) <= forMs);
      seen = [...alive, { at: now, ms }];
    },
    longest: () => seen[0]?.ms ?? 0,
  };
}
