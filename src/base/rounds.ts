import type { Clock } from "./clock.js";
import { messageOf } from "./errors.js";
import type { Log } from "./log.js";

export interface RoundsDeps {
  readonly clock: Clock;
  readonly log: Pick<Log, "warn">;
  /** Pause between two rounds. */
  readonly everyMs: number;
  /** Whether the first round comes at once instead of after one pause. Default: false. */
  readonly isImmediate?: boolean;
  /** What the log calls it, as "erasing old usage". */
  readonly what: string;
  work(): Promise<unknown>;
}

/** Repeats `work` with a pause between the rounds; a failed round is logged. Returns a function that stops it. */
export function startRounds({ clock, log, everyMs, isImmediate = false, what, work }: RoundsDeps): () => void {
  const stopping = new AbortController();
  const run = async () => {
    for (let round = 0; ; round++) {
      if (round > 0 || !isImmediate) await clock.sleep(everyMs, stopping.signal);
      await work().catch((error) =>
        log.warn({ error: messageOf(error) }, `${what} failed; the next round tries again`),
      );
    }
  };
  run().catch(() => {}); // ends when it is stopped
  return () => stopping.abort();
}
