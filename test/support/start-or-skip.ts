import { systemClock } from "../../src/clock.js";
import { withDeadline } from "../../src/deadline.js";
import { messageOf } from "../../src/errors.js";

/** The longest that a server may take to start; a machine where it takes longer skips the tests that need it. */
export const START_TIMEOUT_MS = 10_000;

/**
 * Starts something that tests need, under a deadline: vitest sets none for what a test file awaits at its top level.
 * Prints one plain line and resolves with undefined where it cannot be started or takes longer than `timeoutMs`.
 */
export async function startOrSkip<T>(
  name: string,
  start: (signal: AbortSignal) => Promise<T>,
  timeoutMs = START_TIMEOUT_MS,
): Promise<T | undefined> {
  try {
    return await withDeadline(start, { what: `the start of ${name}`, timeoutMs, clock: systemClock });
  } catch (error) {
    const [reason] = messageOf(error).trim().split("\n");
    process.stdout.write(`${name}: none starts here (${reason}), its tests are skipped\n`);
    return undefined;
  }
}
