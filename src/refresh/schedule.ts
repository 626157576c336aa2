import { createTask } from "node-cron";
import type { Clock } from "../base/clock.js";
import type { Log } from "../base/log.js";

export interface ScheduleDeps {
  /** Never rejects. */
  readonly tick: () => Promise<void>;
  /** Sleeps by its own count, whatever the time of day is set to. */
  readonly clock: Pick<Clock, "sleep">;
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

/**
 * Two beats are missing then: node-cron waits for a time of day, and where the clock was set back it waits for long.
 */
const SILENCE_MS = 21_000;

/** Beats every 10 s; a beat neither waits for the one before nor is waited for. */
export function createSchedule({ tick, clock, log }: ScheduleDeps): Schedule {
  const stopping = new AbortController();
  let hasBeaten = false;
  const beat = () => {
    hasBeaten = true;
    void tick();
  };
  const task = createTask(EVERY_10_SECONDS, beat, {
    name: "refresh",
    missedExecutionTolerance: TOLERANCE_MS,
    suppressMissedWarning: true,
    logger: {
      info: (message) => log.debug(message),
      warn: (message) => log.warn(message),
      error: (message, error) => log.error({ error: error ?? message }, "the schedule of the refresh failed"),
      debug: (message) => log.debug(String(message)),
    },
  });

  async function watch(): Promise<void> {
    for (;;) {
      hasBeaten = false;
      await clock.sleep(SILENCE_MS, stopping.signal);
      if (hasBeaten) continue;
      log.info({}, "the schedule stopped ticking, as after the clock is set back; restarting it");
      task.stop();
      task.start();
      beat();
    }
  }

  return {
    start() {
      task.start();
      watch().catch(() => {}); // it ends with the schedule
    },
    stop() {
      stopping.abort();
      void task.destroy();
    },
  };
}
