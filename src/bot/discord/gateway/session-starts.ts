import { createHash } from "node:crypto";
import { z } from "zod";
import type { Clock } from "../../../base/clock.js";
import type { Log } from "../../../base/log.js";
import type { Store } from "../../../store/store.js";

export interface SessionStartsDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly token: string;
}

/** The starts of sessions of all processes with one token, over their restarts. */
export interface SessionStarts {
  /** How long the day's budget lets the next one wait. Never rejects. */
  pauseMs(): Promise<number>;
  /** Waits for its turn: so many at once in 5 s as Discord allows, which takes them in turns by `lane`. @throws signal.reason when aborted */
  turn(lane: number, signal: AbortSignal): Promise<void>;
  /** Counts one. Never rejects. */
  note(): Promise<void>;
}

const DAY_MS = 86_400_000;
/** Discord resets the token after 1,000 in a day. So many are free; */
const FREE = 100;
/** those beyond come so seldom that a day has 820 at most, */
const SPREAD_MS = 120_000;
/** and the last ones are for a person who has mended what was wrong. */
const MOST = 900;
/** https://discord.com/developers/docs/events/gateway#rate-limiting: max_concurrency is per 5 s, counted where it arrives. */
const LANE_MS = 5_500;
const TRIES = 5;

const row = z.object({ starts: z.array(z.number()) });

/** How long the next start of a session waits, by those of the last day. */
export function budgetPauseMs(starts: readonly number[], now: number): number {
  const recent = starts.filter((at) => at > now - DAY_MS);
  if (recent.length < FREE) return 0;
  const last = recent.at(-1) ?? now;
  const next = recent.length < MOST ? last + SPREAD_MS : (recent[recent.length - MOST] ?? now) + DAY_MS;
  return Math.max(0, next - now);
}

/** A store that fails costs the count, never the connection. */
export function createSessionStarts({ store, clock, log, token }: SessionStartsDeps): SessionStarts {
  const bot = createHash("sha256").update(token).digest("hex").slice(0, 16);
  const key = `discord-starts:${bot}`;
  const rows = store.values("usage");
  const startsIn = (value: unknown) => row.safeParse(value).data?.starts ?? [];

  return {
    async pauseMs() {
      try {
        return budgetPauseMs(startsIn(await rows.get(key)), clock.now());
      } catch (error) {
        log.warn({ error }, "the starts of Discord sessions could not be read");
        return 0;
      }
    },
    async turn(lane, signal) {
      for (;;) {
        const terms = { ttlMs: LANE_MS, minIntervalMs: LANE_MS };
        const claim = await store.claim(`discord-identify:${bot}:${lane}`, terms).catch((error) => {
          log.warn({ error }, "the turn to start a Discord session could not be claimed");
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
          const starts = [...startsIn(before).filter((at) => at > clock.now() - DAY_MS), clock.now()].slice(-MOST);
          if (await store.swap({ table: "usage", key, before, after: { starts } }, [])) return;
        }
      } catch (error) {
        log.warn({ error }, "the start of a Discord session was not counted");
      }
    },
  };
}
