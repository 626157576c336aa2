import type { Clock } from "./clock.js";
import { messageOf } from "./errors.js";
import type { Log } from "./log.js";

export interface RoundsDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly everyMs: number;
  /** What the log calls it. */
  readonly what: string;
  work(): Promise<unknown>;
}

/** Does something again and again, the first time after one pause; a failed round is logged. Returns how to stop that. */
export function startRounds({ clock, log, everyMs, what, work }: RoundsDeps): () => void {
  const stopping = new AbortController();
  const run = async () => {
    for (;;) {
      await clock.sleep(everyMs, stopping.signal);
      await work().catch((error) =>
        log.warn({ error: messageOf(error) }, `${what} failed; the next round tries again`),
      );
    }
  };
  run().catch(() => {}); // ends when it is stopped
  return () => stopping.abort();
}
