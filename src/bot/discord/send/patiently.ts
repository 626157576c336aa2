import type { Clock } from "../../../base/clock.js";
import { pauseBeforeAgain } from "../../delivery/platform-pause.js";
import { PlatformError } from "../../port/platform-error.js";
import { discordStatusOf } from "../wire/errors.js";

export interface Patience {
  readonly clock: Pick<Clock, "now" | "sleep">;
  /** No further try begins when so long has passed. */
  readonly patienceMs: number;
  /** What may have arrived without an answer is not sent again. */
  readonly isOnlyOnce?: boolean;
}

/** Makes a call again as long as Discord fails for the moment or limits its rate. @throws the last error */
export async function patiently<T>(call: () => Promise<T>, { clock, patienceMs, isOnlyOnce }: Patience): Promise<T> {
  const until = clock.now() + patienceMs;
  for (let failures = 1; ; failures++) {
    try {
      return await call();
    } catch (error) {
      const hasAnswer = discordStatusOf(error) !== undefined;
      const mayPass = error instanceof PlatformError && error.isRetryable && (hasAnswer || isOnlyOnce !== true);
      const pauseMs = mayPass ? pauseBeforeAgain(error, failures) : undefined;
      if (pauseMs === undefined || clock.now() + pauseMs > until) throw error;
      await clock.sleep(pauseMs);
    }
  }
}
