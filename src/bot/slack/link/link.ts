import { webApi } from "@slack/bolt";
import type { Clock } from "../../../base/clock.js";
import type { Log } from "../../../base/log.js";
import { backoffMs } from "../../../base/retry.js";
import { isTokenRefused, neededScopeOf } from "../wire/errors.js";
import type { Health } from "../wire/health.js";
import type { Intake } from "./intake.js";

export interface LinkDeps {
  readonly intake: Intake;
  readonly health: Health;
  readonly clock: Clock;
  readonly log: Log;
  /** Called when events come in again and some may have been missed, the first time too. */
  onGap(): void;
  /** Aborts when the bot stops. */
  readonly signal: AbortSignal;
}

/** The transport of Slack's events: Socket Mode or HTTP. */
export interface Link {
  /** Keeps it up until the bot stops. Never rejects. */
  run(): Promise<void>;
  stop(): Promise<void>;
}

/** How often Slack is asked about a token that it refuses, in ms: often enough to notice the fix, and no hammering. */
export const REFUSED_TOKEN_PAUSE_MS = 180_000;

/** Returns the pause before the next attempt to connect, in ms, after `failures` in a row: none after the first. */
export function connectPauseMs(error: unknown, failures: number): number {
  if (isTokenRefused(error) || neededScopeOf(error) !== undefined) return REFUSED_TOKEN_PAUSE_MS;
  if (error instanceof webApi.WebAPIRateLimitedError) return error.retryAfter * 1000;
  return failures <= 1 ? 0 : backoffMs(failures - 1, { firstMs: 500, maxMs: 5_000 });
}
