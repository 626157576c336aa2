import type { Clock } from "../clock.js";
import type { Log } from "../log.js";
import type { Provider, ProviderId } from "../providers/provider.js";
import { isNudged, NUDGE_GAP_MS, type NudgeFacts, nudgeGapMs } from "./nudged.js";
import type { Refresher } from "./refresher.js";
import type { Runs } from "./runs.js";

export interface NudgesDeps {
  readonly clock: Pick<Clock, "now">;
  readonly log: Log;
  readonly runs: Runs;
  readonly providers: readonly Provider[];
  factsOf(provider: ProviderId): NudgeFacts;
  isStopped(): boolean;
}

/** Starts refreshes that something besides the clock and people asks for; silent, and nothing waits for them. */
export function createNudges({ clock, log, runs, providers, factsOf, isStopped }: NudgesDeps): Refresher["nudge"] {
  const nudgedAt = new Map<ProviderId, number>();
  const isTooSoon = (id: ProviderId) => Math.abs(clock.now() - (nudgedAt.get(id) ?? Number.NaN)) < NUDGE_GAP_MS;

  return (trigger, ids) => {
    if (isStopped()) return;
    try {
      for (const provider of providers) {
        const { id } = provider;
        if (ids !== undefined && !ids.includes(id)) continue;
        if (runs.isRunning(id) || isTooSoon(id)) continue;
        const isWanted = () => !isStopped() && isNudged(trigger, factsOf(id), clock.now());
        if (!isWanted()) continue;
        nudgedAt.set(id, clock.now());
        void runs.start({ provider, trigger, minIntervalMs: nudgeGapMs(trigger), isStillWanted: isWanted });
      }
    } catch (error) {
      log.error({ error, trigger }, "What is worth a refresh could not be told; the next tick comes in 10 s");
    }
  };
}
