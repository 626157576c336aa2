import type { WebSocketOptions } from "discord.js";
import type { Clock } from "../../../base/clock.js";
import type { Log } from "../../../base/log.js";
import type { SessionStarts } from "./session-starts.js";

type ThrottleBuilder = NonNullable<WebSocketOptions["buildIdentifyThrottler"]>;

const WINDOW_MS = 3_600_000;
const FIRST_PAUSE_MS = 5_000;
/** 96 a day at most, even when Discord ends every session at once. */
const LONGEST_PAUSE_MS = 900_000;
/** So many are left for a person who restarts the bot. */
const RESERVE = 20;

/** How long the next session start of this process waits: not at all for the first, doubling for those of the last hour. */
export function identifyPauseMs(startsInLastHour: number): number {
  return startsInLastHour === 0 ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (startsInLastHour - 1), LONGEST_PAUSE_MS);
}

/**
 * Spaces the starts of sessions: over all connections of this process, over all processes with this token, and by what
 * Discord says is left of the day's.
 */
export function createIdentifyThrottle(deps: {
  readonly clock: Clock;
  readonly log: Log;
  readonly starts: SessionStarts;
}): ThrottleBuilder {
  const { clock, log, starts } = deps;
  /** Per shard: each has its session. */
  const startedAt = new Map<number, number[]>();
  return (manager) => ({
    async waitForIdentify(shardId, signal) {
      const recent = (startedAt.get(shardId) ?? []).filter((at) => at > clock.now() - WINDOW_MS);
      const pauseMs = Math.max(identifyPauseMs(recent.length), await starts.pauseMs());
      if (pauseMs > 0) {
        log.warn({ pauseMs, shardId }, "Discord wants a new session again; it is started after a pause");
        await clock.sleep(pauseMs, signal);
      }
      const { session_start_limit: left } = await manager.fetchGatewayInformation(pauseMs > 0);
      // A service that does not say how many are left has no such limit.
      if (left?.remaining <= RESERVE) {
        log.error({ left }, "nearly all of the day's session starts are used up; waiting for new ones");
        await clock.sleep(left.reset_after, signal);
      }
      await starts.turn(shardId % Math.max(1, left?.max_concurrency || 1), signal);
      await starts.note();
      startedAt.set(shardId, [...recent, clock.now()]);
    },
  });
}
