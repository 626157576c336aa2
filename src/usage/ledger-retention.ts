import type { Clock } from "../base/clock.js";
import { messageOf } from "../base/errors.js";
import type { Log } from "../base/log.js";
import { DAY_MS } from "../base/time.js";
import { KEPT_DAYS, type Ledger } from "./ledger.js";

export interface LedgerRetentionDeps {
  readonly ledger: Pick<Ledger, "erase">;
  readonly clock: Clock;
  readonly log: Pick<Log, "info" | "warn">;
}

/** Erases what the ledger keeps no longer: now, and once a day. Returns how to stop that. */
export function startLedgerRetention({ ledger, clock, log }: LedgerRetentionDeps): () => void {
  const stopping = new AbortController();
  const erase = async () => {
    try {
      const erased = await ledger.erase(clock.now() - KEPT_DAYS * DAY_MS);
      if (erased > 0) log.info({ erased, days: KEPT_DAYS }, "old usage was erased");
    } catch (error) {
      log.warn({ error: messageOf(error) }, "old usage could not be erased; tomorrow's round tries again");
    }
  };
  const run = async () => {
    for (;;) {
      await erase();
      await clock.sleep(DAY_MS, stopping.signal);
    }
  };
  run().catch(() => {}); // ends when it is stopped
  return () => stopping.abort();
}
