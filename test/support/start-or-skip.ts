import { systemClock } from "../../src/base/clock.js";
import { withDeadline } from "../../src/base/deadline.js";
import { messageOf } from "../../src/base/errors.js";

/** Generous, since a busy machine is slow; what hangs is given up earlier by whoever runs it. */
const START_TIMEOUT_MS = 60_000;

/**
 * Starts something that tests need, under a deadline: vitest sets none for what a test file awaits at its top level.
 * Prints one plain line and resolves with undefined where it cannot be started or takes longer than 60 s.
 */
export async function startOrSkip<T>(name: string, start: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
  try {
    return await withDeadline(start, { what: name, timeoutMs: START_TIMEOUT_MS, clock: systemClock });
  } catch (error) {
    const [reason] = messageOf(error).trim().split("\n");
    process.stdout.write(`${name}: none starts here (${reason}), its tests are skipped\n`);
    return undefined;
  }
}
