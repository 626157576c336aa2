import { createTask } from "node-cron";
import type { Log } from "../log.js";

export interface ScheduleDeps {
  /** Never rejects. */
  readonly tick: () => Promise<void>;
  readonly log: Log;
}

export interface Schedule {
  start(): void;
  stop(): void;
}

/** Every 10 s: often enough that a changed setting is felt at once, and far cheaper than a fetch. */
const EVERY_10_SECONDS = "*/10 * * * * *";

/** A beat that comes late is still good: what is due is decided from stored times. */
const TOLERANCE_MS = 9_000;

/** Beats every 10 s; a beat neither waits for the one before nor is waited for. */
export function createSchedule({ tick, log }: ScheduleDeps): Schedule {
  const task = createTask(EVERY_10_SECONDS, () => void tick(), {
    name: "refresh",
    missedExecutionTolerance: TOLERANCE_MS,
    suppressMissedWarning: true,
    logger: {
      info: (message) => log.debug(message),
      warn: (message) => log.warn(message),
      error: (message, error) => log.error({ error: error ?? message }, "The schedule of the refresh failed"),
      debug: (message) => log.debug(String(message)),
    },
  });
  return {
    start: () => void task.start(),
    stop: () => void task.destroy(),
  };
}
