import type { Clock } from "../../base/clock.js";
import { messageOf } from "../../base/errors.js";
import type { Log } from "../../base/log.js";
import { startRounds } from "../../base/rounds.js";

export interface RetentionDeps {
  /** 0 keeps everything. */
  readonly days: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Erase what nobody has touched since a time (epoch ms), and tell how many conversations that were. */
  readonly erasers: readonly ((before: number) => Promise<number>)[];
}

const DAY_MS = 24 * 3_600_000;

/** Erases conversations that were left alone for too long: now, and once a day. Returns how to stop that. */
export function startRetention({ days, clock, log, erasers }: RetentionDeps): () => void {
  const erase = async () => {
    for (const eraser of erasers) {
      try {
        const erased = await eraser(clock.now() - days * DAY_MS);
        if (erased > 0) log.info({ erased, days }, "conversations that nobody touched were erased");
      } catch (error) {
        log.warn({ error: messageOf(error) }, "old conversations could not be erased; tomorrow's round tries again");
      }
    }
  };
  if (days === 0) return () => {};
  void erase();
  return startRounds({ clock, log, everyMs: DAY_MS, what: "erasing old conversations", work: erase });
}
