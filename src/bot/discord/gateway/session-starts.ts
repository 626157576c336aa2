import { createHash } from "node:crypto";
import type { WebSocketManager, WebSocketManagerOptions } from "@discordjs/ws";
import { z } from "zod";
import type { Clock } from "../../../base/clock.js";
import type { Log } from "../../../base/log.js";
import { backoffMs } from "../../../base/retry.js";
import { DAY_MS } from "../../../base/time.js";
import type { Store } from "../../../store/store.js";

export interface SessionStartsDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly token: string;
}

/** The session starts (IDENTIFY) of all processes with one token, over their restarts. */
export interface SessionStarts {
  /** How long the day's budget makes the next one wait, in ms. Never rejects. */
  pauseMs(): Promise<number>;
  /**
   * Waits for its turn: in 5 s Discord takes one start in each of `max_concurrency` lanes.
   * @throws signal.reason when aborted
   */
  turn(lane: number, signal: AbortSignal): Promise<void>;
  /** Counts one. Never rejects. */
  note(): Promise<void>;
}

/** Discord resets the token after 1,000 starts in a day: the first 100 are free, */
const FREE_STARTS = 100;
/** further ones are spread, so that a day has 820 at most, */
const SPREAD_MS = 120_000;
/** and the last 100 are left to a person who has fixed what was wrong. */
const MAX_STARTS = 900;
/** max_concurrency is per 5 s, counted at Discord: https://discord.com/developers/docs/events/gateway#rate-limiting */
const LANE_MS = 5_500;
const TRIES = 5;

const row = z.object({ starts: z.array(z.number()) });

/**
 * How long the next session start waits for the day's budget, in ms. `starts`: those before (epoch ms), oldest first.
 */
export function budgetPauseMs(starts: readonly number[], now: number): number {
  const recent = starts.filter((at) => at > now - DAY_MS);
  if (recent.length < FREE_STARTS) return 0;
  const last = recent.at(-1) ?? now;
  const isFull = recent.length >= MAX_STARTS;
  const next = isFull ? (recent[recent.length - MAX_STARTS] ?? now) + DAY_MS : last + SPREAD_MS;
  return Math.max(0, next - now);
}

/** What rows in the store know a bot by. */
export const botKeyOf = (token: string): string => createHash("sha256").update(token).digest("hex").slice(0, 16);

/** Keeps the count in the store. A store that fails costs the count, never the connection. */
export function createSessionStarts({ store, clock, log, token }: SessionStartsDeps): SessionStarts {
  const bot = botKeyOf(token);
  const key = `discord-starts:${bot}`;
  const rows = store.values("usage");
  const startsIn = (value: unknown) => row.safeParse(value).data?.starts ?? [];

  return {
    async pauseMs() {
      try {
        return budgetPauseMs(startsIn(await rows.get(key)), clock.now());
      } catch (error) {
        log.warn({ error }, "discord: session starts could not be read");
        return 0;
      }
    },
    async turn(lane, signal) {
      for (;;) {
        const terms = { ttlMs: LANE_MS, minIntervalMs: LANE_MS };
        const claim = await store.claim(`discord-identify:${bot}:${lane}`, terms).catch((error) => {
          log.warn({ error }, "discord: turn to start a session could not be claimed, starting it anyway");
          return undefined;
        });
        if (claim === undefined || claim.held) return;
        await clock.sleep(Math.min(LANE_MS, Math.max(50, claim.until - clock.now())), signal);
      }
    },
    async note() {
      try {
        for (let attempt = 1; attempt <= TRIES; attempt++) {
          const before = await rows.get(key);
          const recent = startsIn(before).filter((at) => at > clock.now() - DAY_MS);
          const starts = [...recent, clock.now()].slice(-MAX_STARTS);
          if (await store.swap({ table: "usage", key, before, after: { starts } }, [])) return;
        }
      } catch (error) {
        log.warn({ error }, "discord: session start was not counted");
      }
    },
  };
}

const WINDOW_MS = 3_600_000;
/** Some 230 starts a day, even when Discord ends every session at once. */
const PAUSES = { firstMs: 5_000, maxMs: 900_000 };
/** How many of the day's starts are left for a person who restarts the bot. */
const RESERVE = 20;

/**
 * How long a shard waits before its next session start, in ms: not at all for the first new session in an hour, since
 * questions are missed meanwhile; then a backoff.
 */
export const identifyPauseMs = (startsInLastHour: number): number =>
  startsInLastHour <= 1 ? 0 : backoffMs(startsInLastHour - 1, PAUSES);

/** Undefined where Discord does not say. Never rejects: the SDK would then identify twice on one connection. */
async function startsLeft(log: Log, ask: () => ReturnType<WebSocketManager["fetchGatewayInformation"]>) {
  try {
    return (await ask()).session_start_limit;
  } catch (error) {
    log.warn({ error }, "discord: session starts that are left could not be read, starting one anyway");
    return undefined;
  }
}

/**
 * Spaces session starts: over all connections of this process, over all processes with this token, and by how many
 * Discord says are left of the day's.
 */
export function createIdentifyThrottle(deps: {
  readonly clock: Clock;
  readonly log: Log;
  readonly starts: SessionStarts;
}): WebSocketManagerOptions["buildIdentifyThrottler"] {
  const { clock, log, starts } = deps;
  /** By shard, as each has a session of its own. */
  const startedAt = new Map<number, number[]>();
  return (manager) => ({
    async waitForIdentify(shardId, signal) {
      const recent = (startedAt.get(shardId) ?? []).filter((at) => at > clock.now() - WINDOW_MS);
      const pauseMs = Math.max(identifyPauseMs(recent.length), await starts.pauseMs());
      if (pauseMs > 0) {
        log.warn({ pauseMs, shardId }, "discord: gateway wants a new session again, starting it after a pause");
        await clock.sleep(pauseMs, signal);
      }
      const left = await startsLeft(log, () => manager.fetchGatewayInformation(pauseMs > 0));
      // A service that does not say how many are left has no such limit.
      if (left !== undefined && left.remaining <= RESERVE) {
        log.error({ left }, "discord: the day's session starts are nearly used up, waiting for new ones");
        await clock.sleep(left.reset_after, signal);
      }
      await starts.turn(shardId % Math.max(1, left?.max_concurrency || 1), signal);
      await starts.note();
      startedAt.set(shardId, [...recent, clock.now()]);
    },
  });
}
