import type { Clock } from "../../base/clock.js";
import type { RetryTerms } from "../../base/retry.js";
import { PlatformError } from "../port/platform-error.js";

/**
 * Pauses before a call is tried again that failed for the first time, the second time, …: what fails for a moment is
 * over at once.
 */
const PAUSES_MS = [100, 250, 500, 1_000, 1_000, 1_000, 1_000, 2_000, 2_000];
const LONGEST_PAUSE_MS = 5_000;

/**
 * How long to wait, in ms, before a call is tried again that has failed so many times in a row: exactly as long as the
 * platform asks for, where it does. Undefined where it would not be accepted the next time either.
 */
export function pauseBeforeAgain(error: unknown, failures: number): number | undefined {
  if (error instanceof PlatformError) {
    if (error.retryAfterMs !== undefined) return error.retryAfterMs;
    if (["refused", "gone", "forbidden", "not-editable"].includes(error.reason)) return undefined;
    if (error.reason === "edit-cap") return LONGEST_PAUSE_MS;
  }
  return PAUSES_MS[failures - 1] ?? LONGEST_PAUSE_MS;
}

/** For `retry`: a call to a platform is made again for so long while it fails. */
export const patientTerms = (clock: Clock, patienceMs: number): RetryTerms => ({
  clock,
  delays: (failures, error) => pauseBeforeAgain(error, failures),
  until: clock.now() + patienceMs,
});
