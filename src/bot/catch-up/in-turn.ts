import type { Clock } from "../../base/clock.js";
import type { Log } from "../../base/log.js";
import type { Store } from "../../store/store.js";

export interface InTurnDeps {
  readonly store: Pick<Store, "claim" | "commit">;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Replicas that hand on the same conversation do it one after the other, which keeps the order. */
const TURN_MS = 5_000;
const TURN_POLL_MS = 250;

/** Runs `work` while no other process does it for the conversation; after 5 s of waiting anyway. */
export async function inTurn(deps: InTurnDeps, conversation: string, work: () => Promise<void>): Promise<void> {
  const { store, clock, log, signal } = deps;
  const claim = async () => {
    for (let waitedMs = 0; waitedMs <= TURN_MS; waitedMs += TURN_POLL_MS) {
      const result = await store.claim(`catch-up:${conversation}`, { ttlMs: TURN_MS });
      if (result.held) return result.claim;
      await clock.sleep(TURN_POLL_MS, signal);
    }
    return undefined;
  };
  const held = await claim().catch((error) => {
    log.warn({ error }, "catch-up: going on without a claim");
    return undefined;
  });
  try {
    await work();
  } finally {
    if (held !== undefined) await store.commit(held, []).catch(() => {}); // it expires by itself
  }
}
