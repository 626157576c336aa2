import type { Clock } from "../../base/clock.js";
import { messageOf } from "../../base/errors.js";
import type { Log } from "../../base/log.js";
import { startRounds } from "../../base/rounds.js";
import { DAY_MS } from "../../base/time.js";

export interface RetentionDeps {
  /** What is erased, as the log names it: "conversations". */
  readonly what: string;
  /** 0 keeps everything. */
  readonly days: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Each erases what nobody has touched since a time (epoch ms), and resolves with how many there were. */
  readonly erasers: readonly ((before: number) => Promise<number>)[];
  /** Gives the space of what was erased back. @throws {StoreError} */
  purge?(): Promise<void>;
}

/** Erases what was left alone for too long: now, and once a day. Returns how to stop that. */
export function startRetention({ what, days, clock, log, erasers, purge }: RetentionDeps): () => void {
  if (days === 0) return () => {};
  const work = async () => {
    for (const erase of erasers) {
      try {
        const erased = await erase(clock.now() - days * DAY_MS);
        if (erased === 0) continue;
        log.info({ erased, days }, `old ${what} were erased`);
        await purge?.();
      } catch (error) {
        log.warn({ error: messageOf(error) }, `erasing old ${what} failed, retrying in a day`);
      }
    }
  };
  return startRounds({ clock, log, everyMs: DAY_MS, isImmediate: true, what: `erasing old ${what}`, work });
}
