import type { RefreshInForce } from "../settings.js";

/** A workspace's wish: what is in force there, and what "smart" comes to there now. */
export interface Wish {
  readonly inForce: RefreshInForce;
  /** Asked only where it counts. */
  readonly smartMs: () => number;
}

/** The shortest interval that any of them wants; null where auto-refresh is off for all. */
export function wantedInterval(wishes: readonly Wish[]): number | null {
  const intervals = wishes
    .filter(({ inForce }) => inForce.isEnabled)
    .map(({ inForce: { interval }, smartMs }) => (interval.kind === "smart" ? smartMs() : interval.ms));
  return intervals.length === 0 ? null : Math.min(...intervals);
}
