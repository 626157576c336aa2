import type { Clock } from "../../base/clock.js";
import type { Log } from "../../base/log.js";
import { StoreError } from "../../store/store-error.js";

/** Pauses between the tries, in ms: a full disk or a restarting store heals in minutes, or needs a person. */
const PAUSES_MS = [500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 120_000, 300_000];

/**
 * Does what must not be lost to a store that fails for a while: tries again, patiently.
 * @throws {StoreError} the last one, when it failed for about nine minutes; at once when a row is damaged, which no patience heals
 */
export async function untilStored<T>(
  work: () => Promise<T>,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Promise<T> {
  for (const pauseMs of PAUSES_MS) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StoreError) || !error.isRetryable) throw error;
      log.warn({ error, pauseMs }, "the store failed; it is tried again");
      await clock.sleep(pauseMs);
    }
  }
  return work();
}
