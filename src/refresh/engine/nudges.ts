import type { Clock } from "../../base/clock.js";
import type { Log } from "../../base/log.js";
import type { Provider, ProviderId } from "../../providers/provider.js";
import { type DueFacts, isWorthKeeping, judgeDue, NUDGE_GAP_MS } from "../decide/due.js";
import type { FreshnessTerms } from "../decide/freshness.js";
import type { Runs } from "../fetch/runs.js";
import type { NudgeTrigger, Refresher } from "../refresher.js";

export interface NudgesDeps {
  readonly clock: Pick<Clock, "now">;
  readonly log: Log;
  readonly runs: Runs;
  readonly providers: readonly Provider[];
  factsOf(provider: ProviderId): DueFacts;
  termsOf(provider: ProviderId): FreshnessTerms;
  isStopped(): boolean;
}

export interface Nudges {
  readonly nudge: Refresher["nudge"];
  /** Providers with an event that came too soon after an attempt or another event. */
  readonly kept: ReadonlyMap<ProviderId, unknown>;
  /** Tries kept events again, unless the provider was asked since then or the reason is gone; called at every tick. */
  retryKept(): void;
}

/** Starts refreshes that events ask for; silent, and nothing waits for them. */
export function createNudges(deps: NudgesDeps): Nudges {
  const { clock, log, runs, providers, factsOf, termsOf, isStopped } = deps;
  const nudgedAt = new Map<ProviderId, number>();
  const kept = new Map<ProviderId, { readonly trigger: NudgeTrigger; readonly at: number }>();

  function start(trigger: NudgeTrigger, provider: Provider): void {
    const { id } = provider;
    const judge = () => judgeDue(trigger, factsOf(id), termsOf(id), clock.now());
    const isTooSoon = Math.abs(clock.now() - (nudgedAt.get(id) ?? Number.NaN)) < NUDGE_GAP_MS;
    const { isDue, minIntervalMs } = judge();
    if (isTooSoon || !isDue) return;
    nudgedAt.set(id, clock.now());
    kept.delete(id);
    void runs.start({ provider, trigger, minIntervalMs, isStillWanted: () => !isStopped() && judge().isDue });
  }

  function forEachIdle(trigger: NudgeTrigger | undefined, work: (provider: Provider) => void): void {
    if (isStopped()) return;
    try {
      for (const provider of providers) if (!runs.isRunning(provider.id)) work(provider);
    } catch (error) {
      log.error({ error, trigger }, "refresh: judging an event failed, retrying at the next tick");
    }
  }

  return {
    kept,
    nudge: (trigger, ids) =>
      forEachIdle(trigger, (provider) => {
        const { id } = provider;
        if (ids !== undefined && !ids.includes(id)) return;
        const at = clock.now();
        if (isWorthKeeping(trigger, factsOf(id), termsOf(id), at)) kept.set(id, { trigger, at });
        start(trigger, provider);
      }),
    retryKept: () =>
      forEachIdle(undefined, (provider) => {
        const { id } = provider;
        const event = kept.get(id);
        if (event === undefined) return;
        const facts = factsOf(id);
        const hasBeenAsked = (facts.entry.attemptedAt ?? 0) > event.at;
        if (hasBeenAsked || !isWorthKeeping(event.trigger, facts, termsOf(id), clock.now())) kept.delete(id);
        else start(event.trigger, provider);
      }),
  };
}

/** The next message after that is a first message again. */
export const IDLE_MS = 30 * 60_000;
/** Above this many conversations, idle ones are evicted: an unknown conversation counts as idle. */
const MANY_CONVERSATIONS = 1_000;

export interface ConversationIdleness {
  /** Notes a message; returns true after 30 minutes without one, and where nothing is known. */
  endsWith(conversation: string): boolean;
}

/** When something was last said in each conversation, from memory. */
export function createConversationIdleness({ now }: Pick<Clock, "now">): ConversationIdleness {
  const lastMessageAt = new Map<string, number>();
  let evictAbove = MANY_CONVERSATIONS;
  const isIdle = (at: number | undefined) => at === undefined || Math.abs(now() - at) >= IDLE_MS;
  return {
    endsWith(conversation) {
      const wasIdle = isIdle(lastMessageAt.get(conversation));
      lastMessageAt.set(conversation, now());
      if (lastMessageAt.size > evictAbove) {
        for (const [known, at] of lastMessageAt) if (isIdle(at)) lastMessageAt.delete(known);
        // Where that many are really active, evict again only when twice as many are.
        evictAbove = Math.max(MANY_CONVERSATIONS, 2 * lastMessageAt.size);
      }
      return wasIdle;
    },
  };
}
