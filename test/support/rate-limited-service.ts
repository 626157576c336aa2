import type { Clock } from "../../src/base/clock.js";
import type { ToldLimits } from "../../src/bot/delivery/allowance.js";
import type { WindowTerms } from "../../src/bot/delivery/sliding-window.js";

export interface ServiceAnswer {
  readonly status: 200 | 429;
  readonly limits: ToldLimits;
  readonly retryAfterMs: number;
}

/** A service that counts as Discord does: a window of each bucket begins with its first call, and refuses what is above. */
export function rateLimitedService(terms: {
  readonly clock: Clock;
  readonly roundTripMs: () => number;
  readonly limitOf: (bucket: string) => WindowTerms;
  readonly global?: WindowTerms;
}) {
  const { clock, roundTripMs, limitOf, global } = terms;
  const windows = new Map<string, { used: number; endsAt: number }>();
  const arrivals: { bucket: string; at: number }[] = [];
  const refused: { bucket: string; at: number }[] = [];
  let inFlight = 0;

  const count = (name: string, { limit, windowMs }: WindowTerms) => {
    const now = clock.now();
    const before = windows.get(name);
    const window = before === undefined || before.endsAt <= now ? { used: 0, endsAt: now + windowMs } : before;
    windows.set(name, window);
    if (window.used >= limit) return { isOver: true, remaining: 0, resetAfterMs: window.endsAt - now };
    window.used += 1;
    return { isOver: false, remaining: limit - window.used, resetAfterMs: window.endsAt - now };
  };
  return {
    arrivals,
    refused,
    inFlight: () => inFlight,
    /** A call that somebody else makes with the same token. */
    use: (bucket: string) => void count(bucket, limitOf(bucket)),
    async call(bucket: string): Promise<ServiceAnswer> {
      inFlight += 1;
      const halfMs = roundTripMs() / 2;
      await clock.sleep(halfMs);
      arrivals.push({ bucket, at: clock.now() });
      const { limit } = limitOf(bucket);
      const own = count(bucket, limitOf(bucket));
      const all = global === undefined ? { isOver: false, resetAfterMs: 0 } : count("global", global);
      await clock.sleep(halfMs);
      inFlight -= 1;
      const isOver = own.isOver || all.isOver;
      if (isOver) refused.push({ bucket, at: clock.now() });
      return {
        status: isOver ? 429 : 200,
        limits: { limit, remaining: own.remaining, resetAfterMs: own.resetAfterMs },
        retryAfterMs: own.isOver ? own.resetAfterMs : all.resetAfterMs,
      };
    },
  };
}
