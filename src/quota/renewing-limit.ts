/** A limit that renews. Times are epoch ms; amounts are in the limit's own unit. */
export interface RenewingLimit {
  readonly startsAt: number;
  /** When it renews. */
  readonly endsAt: number;
  readonly limit: number;
  /** Used since `startsAt`. */
  readonly used: number;
}

/** What was used of the same account before. */
export interface UsageHistory {
  /** When counting began, in epoch ms. */
  readonly since: number;
  /** Everything used from `since` until just before a time. Never falls. */
  usedBefore(at: number): number;
}
