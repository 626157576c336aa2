import type { Clock } from "../base/clock.js";
import type { Log } from "../base/log.js";
import { startRounds } from "../base/rounds.js";
import { DAY_MS } from "../base/time.js";
import { KEPT_DAYS, type Ledger } from "./ledger.js";

export interface LedgerRetentionDeps {
  readonly ledger: Pick<Ledger, "erase">;
  readonly clock: Clock;
  readonly log: Pick<Log, "info" | "warn">;
}

/** Erases the ledger's rows older than `KEPT_DAYS`, at once and then daily. Returns a function that stops it. */
export function startLedgerRetention({ ledger, clock, log }: LedgerRetentionDeps): () => void {
  return startRounds({
    clock,
    log,
    everyMs: DAY_MS,
    isImmediate: true,
    what: "erasing old usage",
    async work() {
      const erased = await ledger.erase(clock.now() - KEPT_DAYS * DAY_MS);
      if (erased > 0) log.info({ erased, days: KEPT_DAYS }, "old usage was erased");
    },
  });
}
