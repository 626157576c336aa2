import pLimit, { type LimitFunction } from "p-limit";
import type { ProviderId } from "../providers/provider.js";

export interface ProviderSlots {
  /**
   * Runs `work` as soon as its provider has a slot; those that wait are served in order of arrival.
   * @throws signal.reason when aborted, also while it waits; whatever `work` throws
   */
  run<T>(provider: ProviderId, signal: AbortSignal, work: () => Promise<T>): Promise<T>;
}

/** At most `limit` answers of one provider at a time; 0 means no limit. Lists take no slot. */
export function createProviderSlots(limit: number): ProviderSlots {
  const slots = new Map<ProviderId, LimitFunction>();
  const slotsOf = (provider: ProviderId) => {
    const known = slots.get(provider) ?? pLimit(limit);
    slots.set(provider, known);
    return known;
  };
  return {
    async run(provider, signal, work) {
      if (limit === 0) return work();
      signal.throwIfAborted();
      let giveUp: () => void = () => {};
      const aborted = new Promise<never>((_, reject) => {
        giveUp = () => reject(signal.reason);
        signal.addEventListener("abort", giveUp, { once: true });
      });
      let hasBegun = false;
      const served = slotsOf(provider)(() => {
        // One that gave up while it waited passes its slot on.
        signal.throwIfAborted();
        hasBegun = true;
        return work();
      });
      served.catch(() => {}); // told to the caller below, unless the caller has given up
      try {
        // Work that has begun ends by itself: it has the same signal, and may still have something to say.
        return await Promise.race([served, aborted.catch((reason) => (hasBegun ? served : Promise.reject(reason)))]);
      } finally {
        signal.removeEventListener("abort", giveUp);
      }
    },
  };
}
