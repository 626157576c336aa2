import type { Clock } from "../../base/clock.js";
import type { Refresher } from "../refresher.js";

/**
 * Waits for the lists of the very first start, but no longer than `mostMs`: a stranger's first question should find a
 * model. Later starts have their stored lists and wait for nothing.
 */
export async function waitForFirstLists(
  refresher: Pick<Refresher, "status">,
  lists: Promise<void>,
  mostMs: number | undefined,
  clock: Clock,
): Promise<void> {
  if (mostMs === undefined || refresher.status().hasLists) return;
  const waited = new AbortController();
  await Promise.race([lists, clock.sleep(mostMs, waited.signal).catch(() => {})]); // called off below
  waited.abort();
}
