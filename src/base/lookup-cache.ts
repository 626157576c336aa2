import { BoundedMap } from "./bounded-map.js";
import type { Clock } from "./clock.js";
import { withDeadline } from "./deadline.js";

export interface LookupTerms {
  readonly clock: Clock;
  /** Who is asked, as the error of a late answer names it. */
  readonly what: string;
  /** How long an answer is used. */
  readonly freshMs: number;
  /** How long one caller waits; the answer is still cached when it comes later. */
  readonly waitMs: number;
}

export interface LookupCache<T> {
  /** What was cached last, however old; undefined where nothing was. */
  last(key: string): T | undefined;
  /** What is cached and fresh. */
  fresh(key: string): { readonly value: T } | undefined;
  /** @throws what the lookup throws, which is not cached @throws {TimeoutError} after `waitMs` */
  get(key: string): Promise<T>;
}

const MAX_CACHED = 2_000;

/** Caches what `lookUp` resolves with; concurrent lookups of one key share a call. */
export function createLookupCache<T>(lookUp: (key: string) => Promise<T>, terms: LookupTerms): LookupCache<T> {
  const { clock, what, freshMs, waitMs } = terms;
  const cached = new BoundedMap<string, { readonly value: T; readonly at: number }>(MAX_CACHED);
  const pending = new Map<string, Promise<T>>();

  const lookUpOnce = (key: string): Promise<T> => {
    const running = pending.get(key);
    if (running !== undefined) return running;
    const request = lookUp(key)
      .then((value) => {
        cached.set(key, { value, at: clock.now() });
        return value;
      })
      .finally(() => pending.delete(key));
    pending.set(key, request);
    return request;
  };
  const fresh = (key: string) => {
    const entry = cached.get(key);
    return entry !== undefined && clock.now() - entry.at < freshMs ? entry : undefined;
  };
  return {
    last: (key) => cached.get(key)?.value,
    fresh,
    async get(key) {
      const entry = fresh(key);
      if (entry !== undefined) return entry.value;
      return withDeadline(() => lookUpOnce(key), { what, timeoutMs: waitMs, clock });
    },
  };
}

/**
 * Returns a memo of one value: it is computed again only when one of its keys is not the same (`===`) as the last time.
 */
export function createMemo<T>(): (keys: readonly unknown[], compute: () => T) => T {
  let last: { readonly keys: readonly unknown[]; readonly value: T } | undefined;
  return (keys, compute) => {
    const isSame = last?.keys.length === keys.length && last.keys.every((key, index) => key === keys[index]);
    if (last === undefined || !isSame) last = { keys, value: compute() };
    return last.value;
  };
}
