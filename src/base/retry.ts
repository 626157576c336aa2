import type { Clock } from "./clock.js";

export interface RetryTerms {
  readonly clock: Pick<Clock, "now" | "sleep">;
  /**
   * The pause before the next attempt in ms, after this many failures in a row; undefined gives up. A list gives one
   * pause per failure and gives up after the last.
   */
  readonly delays: readonly number[] | ((failures: number, error: unknown) => number | undefined);
  /** No attempt begins after this time (epoch ms). */
  readonly until?: number;
  /** Whether an error may pass by itself. Default: every error. */
  readonly shouldRetry?: (error: unknown) => boolean;
  /** Called before each pause, as for a log line. */
  readonly onRetry?: (error: unknown, pauseMs: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Calls `work` again while it fails.
 * @throws the last error when it gives up @throws signal.reason when aborted during a pause
 */
export async function retry<T>(work: (failures: number) => Promise<T>, terms: RetryTerms): Promise<T> {
  const { clock, delays, until = Number.POSITIVE_INFINITY, shouldRetry = () => true, onRetry, signal } = terms;
  const pauseAfter = typeof delays === "function" ? delays : (failures: number) => delays[failures - 1];
  for (let failures = 0; ; ) {
    signal?.throwIfAborted();
    try {
      return await work(failures);
    } catch (error) {
      failures += 1;
      const pauseMs = shouldRetry(error) ? pauseAfter(failures, error) : undefined;
      if (pauseMs === undefined || clock.now() + pauseMs > until) throw error;
      onRetry?.(error, pauseMs);
      await clock.sleep(pauseMs, signal);
    }
  }
}

export interface BackoffTerms {
  /** Pause after the first failure, in ms. */
  readonly firstMs: number;
  /** Longest pause, in ms. */
  readonly maxMs: number;
  /** How much a pause grows with each failure. Default: 2. */
  readonly factor?: number;
}

/** Returns the pause after `failures` failures in a row (1 or more), in ms: exponential backoff up to a ceiling. */
export const backoffMs = (failures: number, { firstMs, maxMs, factor = 2 }: BackoffTerms): number =>
  Math.min(maxMs, firstMs * factor ** Math.min(Math.max(failures - 1, 0), 60));
