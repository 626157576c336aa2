import type { RefreshInForce } from "./settings.js";

export interface UseFacts {
  /** When a person last did something in the workspace. */
  readonly lastInteractionAt: number;
}

export interface SmartInterval {
  readonly ms: number;
  /** One line, for people. */
  readonly why: string;
}

const MINUTE_MS = 60_000;
/** Who has written this recently is still here. */
const ACTIVE_MS = 15 * MINUTE_MS;
const BUSY_INTERVAL_MS = 3 * MINUTE_MS;
const IDLE_INTERVAL_MS = 60 * MINUTE_MS;
/** A list may be as old as a fifth of the time that nobody has looked at it. */
const IDLE_SHARE = 5;

/** The smart interval of a workspace: 3 min while people are active, growing with the silence up to 60 min. */
export function smartInterval({ lastInteractionAt }: UseFacts, now: number): SmartInterval {
  const idleMs = Math.max(0, now - lastInteractionAt);
  if (idleMs <= ACTIVE_MS) return { ms: BUSY_INTERVAL_MS, why: "every 3 minutes, as people are active" };
  const ms = Math.min(IDLE_INTERVAL_MS, Math.max(BUSY_INTERVAL_MS, idleMs / IDLE_SHARE));
  return { ms, why: `every ${Math.round(ms / MINUTE_MS)} minutes, as it has been quiet for ${spanOf(idleMs)}` };
}

/** The shortest interval that any of them wants; null where auto-refresh is off for all. */
export function wantedInterval(
  wishes: readonly { readonly inForce: RefreshInForce; readonly use: UseFacts }[],
  now: number,
): number | null {
  const intervals = wishes
    .filter(({ inForce }) => inForce.isEnabled)
    .map(({ inForce: { interval }, use }) => (interval.kind === "smart" ? smartInterval(use, now).ms : interval.ms));
  return intervals.length === 0 ? null : Math.min(...intervals);
}

function spanOf(ms: number): string {
  const minutes = Math.round(ms / MINUTE_MS);
  if (minutes < 120) return `${minutes} minutes`;
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)} hours` : `${Math.round(minutes / 1440)} days`;
}
