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
