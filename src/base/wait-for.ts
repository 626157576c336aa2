import type { Clock } from "./clock.js";

export interface WaitTerms {
  readonly clock: Pick<Clock, "sleep">;
  readonly timeoutMs: number;
  /** Called off, the wait rejects with its reason. */
  readonly signal: AbortSignal;
}

const POLL_MS = 250;

/** Waits until `read` gives something; undefined after the timeout. @throws signal.reason */
export async function waitFor<T>(read: () => T | undefined, { clock, timeoutMs, signal }: WaitTerms) {
  for (let waitedMs = 0; waitedMs < timeoutMs && read() === undefined; waitedMs += POLL_MS)
    await clock.sleep(POLL_MS, signal);
  return read();
}
