import type { ProviderId } from "../../providers/provider.js";
import type { CatalogEntry } from "../catalog/catalog-types.js";

export type DueReason =
  | "off"
  | "never-tried"
  | "interval"
  | "backoff"
  | "retry-after"
  | "refused-key"
  | "clock-went-back";

export interface Due {
  readonly isDue: boolean;
  /** Epoch ms at which it is due by itself; null when auto-refresh is off for it. */
  readonly nextAt: number | null;
  /** No two attempts by the clock may be closer than that, whoever makes them; 0 where this one must not wait. */
  readonly minIntervalMs: number;
  /** The same where the last of them came to nothing, as its process died or hung: that was the interval's attempt. */
  readonly minIntervalAfterLossMs: number;
  readonly reason: DueReason;
}

export interface DueFacts {
  readonly provider: ProviderId;
  readonly entry: CatalogEntry;
  /** The interval in force; null where auto-refresh is off for the provider everywhere. */
  readonly intervalMs: number | null;
}

/** The first wait after a failure; each further one doubles it. */
export const FIRST_BACKOFF_MS = 30_000;
/** A refused key seldom heals by itself, but an account may be unlocked. */
export const REFUSED_KEY_MS = 15 * 60_000;
/** Replicas' clocks differ by less; an attempt that lies further in the future was made before the clock went back. */
export const CLOCK_SKEW_MS = 60_000;
const JITTER = 0.2;

/** Whether a provider's list is to be fetched now, and if not, when. */
export function due({ provider, entry, intervalMs }: DueFacts, now: number): Due {
  const atOnce = { minIntervalMs: 0, minIntervalAfterLossMs: 0 };
  if (intervalMs === null) return { isDue: false, nextAt: null, ...atOnce, reason: "off" };
  const { attemptedAt } = entry;
  if (attemptedAt === null) return { isDue: true, nextAt: now, ...atOnce, reason: "never-tried" };
  if (attemptedAt > now + CLOCK_SKEW_MS) return { isDue: true, nextAt: now, ...atOnce, reason: "clock-went-back" };
  const { waitMs, reason } = waitAfter(provider, entry, attemptedAt, intervalMs);
  const nextAt = attemptedAt + waitMs;
  const minIntervalAfterLossMs = Math.max(waitMs, intervalMs);
  return { isDue: now >= nextAt, nextAt, minIntervalMs: waitMs, minIntervalAfterLossMs, reason };
}

function waitAfter(
  provider: ProviderId,
  { outcome, consecutiveFailures, retryAfterAt }: CatalogEntry,
  attemptedAt: number,
  intervalMs: number,
): { readonly waitMs: number; readonly reason: DueReason } {
  if (consecutiveFailures === 0) return { waitMs: intervalMs, reason: "interval" };
  const [waitMs, reason] =
    outcome === "auth"
      ? ([REFUSED_KEY_MS, "refused-key"] as const)
      : ([backoffMs(provider, consecutiveFailures, intervalMs), "backoff"] as const);
  const askedMs = (retryAfterAt ?? attemptedAt) - attemptedAt;
  return askedMs > waitMs ? { waitMs: askedMs, reason: "retry-after" } : { waitMs, reason };
}

/** Doubles from 30 s up to the interval, spread by ±20 % so that replicas and providers do not knock in step. */
export function backoffMs(provider: ProviderId, failures: number, intervalMs: number): number {
  const doubled = FIRST_BACKOFF_MS * 2 ** Math.min(failures - 1, 20);
  return Math.round(Math.min(doubled, intervalMs) * (1 + JITTER * spread(`${provider}:${failures}`)));
}

/** A number from -1 to 1 that is always the same for the same text (FNV-1a). */
function spread(text: string): number {
  let hash = 0x811c9dc5;
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return ((hash >>> 0) / 0xffffffff) * 2 - 1;
}
