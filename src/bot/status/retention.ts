import type { Clock } from "../../base/clock.js";
import { messageOf } from "../../base/errors.js";
import type { Log } from "../../base/log.js";
import { startRounds } from "../../base/rounds.js";
import { DAY_MS } from "../../base/time.js";

export interface RetentionDeps {
  /** 0 keeps everything. */
  readonly days: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Each erases what nobody has touched since a time (epoch ms), and resolves with the number of conversations. */
  readonly erasers: readonly ((before: number) => Promise<number>)[];
  /** Gives the space of what was erased back. @throws {StoreError} */
  purge?(): Promise<void>;
}

/** Erases conversations that were left alone for too long: now, and once a day. Returns how to stop that. */
export function startRetention({ days, clock, log, erasers, purge }: RetentionDeps): () => void {
  if (days === 0) return () => {};
  const work = async () => {
    for (const erase of erasers) {
      try {
        const erased = await erase(clock.now() - days * DAY_MS);
        if (erased === 0) continue;
        log.info({ erased, days }, "old conversations were erased");
        await purge?.();
      } catch (error) {
        log.warn({ error: messageOf(error) }, "erasing old conversations failed, retrying in a day");
      }
    }
  };
  return startRounds({ clock, log, everyMs: DAY_MS, isImmediate: true, what: "erasing old conversations", work });
}
