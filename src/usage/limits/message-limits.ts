import type { Clock } from "../../base/clock.js";

export interface MessageLimitTerms {
  /** Questions of one person in 10 minutes; 0 means no limit. */
  readonly userPer10Min: number;
  /** Questions in one channel in 10 minutes; 0 means no limit. */
  readonly channelPer10Min: number;
}

/** `until`: epoch ms at which the next question is taken. */
export type MessageVerdict =
  | { readonly isAllowed: true }
  | { readonly isAllowed: false; readonly by: "user" | "channel"; readonly until: number };

export interface MessageLimits {
  /**
   * Counts a question when it is within both limits; one that is refused counts for neither. `own`: a workspace's,
   * which
   * can be lower than the host's, never higher.
   */
  take(user: string, channel: string, own?: Partial<MessageLimitTerms>): MessageVerdict;
}

export const WINDOW_MS = 10 * 60_000;
/** Above this many people and channels, those whose window has passed are evicted. */
const MANY = 10_000;

/** Sliding windows in memory, of this process alone: a restart forgives. */
export function createMessageLimits(terms: MessageLimitTerms, clock: Clock): MessageLimits {
  const taken = new Map<string, readonly number[]>();
  const recent = (key: string, now: number) => (taken.get(key) ?? []).filter((at) => at > now - WINDOW_MS);
  const forgetOld = (now: number) => {
    for (const [key, times] of taken) if ((times.at(-1) ?? 0) <= now - WINDOW_MS) taken.delete(key);
  };
  return {
    take(user, channel, own) {
      const now = clock.now();
      if (taken.size > MANY) forgetOld(now);
      const windows = limitWindows(terms, own, { user: `user ${user}`, channel: `channel ${channel}` });
      const limited = windows.map((window) => ({ ...window, times: recent(window.key, now) }));
      for (const { by, limit, times } of limited) {
        if (times.length >= limit) return { isAllowed: false, by, until: (times.at(-limit) ?? now) + WINDOW_MS };
      }
      for (const { key, times } of limited) taken.set(key, [...times, now]);
      return { isAllowed: true };
    },
  };
}

/** A limit that a question counts for. */
export interface LimitWindow {
  readonly by: "user" | "channel";
  readonly limit: number;
  /** Under which it is counted. */
  readonly key: string;
}

/** Returns the limits that are in force: the host's, or a workspace's own where that is lower. */
export function limitWindows(
  terms: MessageLimitTerms,
  { userPer10Min = 0, channelPer10Min = 0 }: Partial<MessageLimitTerms> = {},
  keys: Readonly<Record<LimitWindow["by"], string>>,
): readonly LimitWindow[] {
  const windows: readonly LimitWindow[] = [
    { by: "user", limit: lower(terms.userPer10Min, userPer10Min), key: keys.user },
    { by: "channel", limit: lower(terms.channelPer10Min, channelPer10Min), key: keys.channel },
  ];
  return windows.filter(({ limit }) => limit > 0);
}

/** 0 is no limit. */
const lower = (host: number, own: number) => (host === 0 || own === 0 ? Math.max(host, own) : Math.min(host, own));
