import type { Clock } from "../../../base/clock.js";
import type { Log } from "../../../base/log.js";
import type { Health } from "../wire/health.js";
import type { Intake } from "./intake.js";

export interface LinkDeps {
  readonly intake: Intake;
  readonly health: Health;
  readonly clock: Clock;
  readonly log: Log;
  /** Aborts when the bot stops. */
  readonly signal: AbortSignal;
}

/** The way that Slack's events come in: Socket Mode or HTTP. */
export interface Link {
  /** Keeps it up until the bot stops. Never rejects. */
  run(): Promise<void>;
  stop(): Promise<void>;
}
