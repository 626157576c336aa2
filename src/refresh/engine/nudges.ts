import type { Clock } from "../../base/clock.js";
import type { Log } from "../../base/log.js";
import type { Provider, ProviderId } from "../../providers/provider.js";
import { isNudged, isWorthWaiting, NUDGE_GAP_MS, type NudgeFacts, nudgeGapMs } from "../decide/nudged.js";
import type { Runs } from "../fetch/runs.js";
import type { NudgeTrigger, Refresher } from "../refresher.js";

export interface NudgesDeps {
  readonly clock: Pick<Clock, "now">;
  readonly log: Log;
  readonly runs: Runs;
  readonly providers: readonly Provider[];
  factsOf(provider: ProviderId): NudgeFacts;
  isStopped(): boolean;
}

export interface Nudges {
  readonly nudge: Refresher["nudge"];
  /** Takes up what came too soon, unless the provider was asked since then or its reason is gone; called at every beat. */
  again(): void;
}

/** Starts refreshes that something besides the clock and people asks for; silent, and nothing waits for them. */
export function createNudges({ clock, log, runs, providers, factsOf, isStopped }: NudgesDeps): Nudges {
  const nudgedAt = new Map<ProviderId, number>();
  /** What came too soon after an attempt or another nudge, and when it came. */
  const waiting = new Map<ProviderId, { readonly trigger: NudgeTrigger; readonly at: number }>();
  const isTooSoon = (id: ProviderId) => Math.abs(clock.now() - (nudgedAt.get(id) ?? Number.NaN)) < NUDGE_GAP_MS;

  function start(trigger: NudgeTrigger, provider: Provider): void {
    const { id } = provider;
    const isWanted = () => !isStopped() && isNudged(trigger, factsOf(id), clock.now());
    if (isTooSoon(id) || !isWanted()) return;
    nudgedAt.set(id, clock.now());
    waiting.delete(id);
    void runs.start({ provider, trigger, minIntervalMs: nudgeGapMs(trigger), isStillWanted: isWanted });
  }

  function guarded(trigger: NudgeTrigger | undefined, work: (provider: Provider) => void): void {
    if (isStopped()) return;
    try {
      for (const provider of providers) if (!runs.isRunning(provider.id)) work(provider);
    } catch (error) {
      log.error({ error, trigger }, "What is worth a refresh could not be told; the next tick comes in 10 s");
    }
  }

  return {
    nudge: (trigger, ids) =>
      guarded(trigger, (provider) => {
        const { id } = provider;
        if (ids !== undefined && !ids.includes(id)) return;
        const at = clock.now();
        if (isWorthWaiting(trigger, factsOf(id), at)) waiting.set(id, { trigger, at });
        start(trigger, provider);
      }),
    again: () =>
      guarded(undefined, (provider) => {
        const { id } = provider;
        const late = waiting.get(id);
        if (late === undefined) return;
        const facts = factsOf(id);
        const hasBeenAsked = facts.entry.attemptedAt !== null && facts.entry.attemptedAt > late.at;
        if (hasBeenAsked || !isWorthWaiting(late.trigger, facts, clock.now())) waiting.delete(id);
        else start(late.trigger, provider);
      }),
  };
}
