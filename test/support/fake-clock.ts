import type { Clock } from "../../src/base/clock.js";

export interface FakeClock extends Clock {
  /** Moves time on, waking sleepers in order; work that they set off runs before the next one wakes. */
  advance(ms: number): Promise<void>;
  /** Moves time on in one step, as for a machine that was suspended: each sleeper that is due by then wakes once. */
  leap(ms: number): Promise<void>;
  /** How many sleep now. */
  sleepers(): number;
}

/** Lets everything that is ready to run do so: microtasks, and what waits for one of some I/O turns. Default: 20. */
export async function settle(turns = 20): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** A clock that stands still until it is turned. Fewer `turns` than 20 suit long stretches without sockets and files. */
export function fakeClock(startAt = Date.UTC(2026, 0, 5, 12), turns = 20): FakeClock {
  let now = startAt;
  const sleeping = new Set<{ at: number; wake: () => void }>();
  const clock: FakeClock = {
    now: () => now,
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const entry = { at: now + Math.max(ms, 0), wake: () => {} };
        const stop = () => {
          sleeping.delete(entry);
          reject(signal?.reason);
        };
        entry.wake = () => {
          signal?.removeEventListener("abort", stop);
          resolve();
        };
        signal?.addEventListener("abort", stop, { once: true });
        sleeping.add(entry);
      });
    },
    async advance(ms) {
      const end = now + ms;
      await settle(turns);
      for (;;) {
        const due = [...sleeping].filter((entry) => entry.at <= end).sort((a, b) => a.at - b.at)[0];
        if (due === undefined) break;
        now = Math.max(now, due.at);
        sleeping.delete(due);
        due.wake();
        await settle(turns);
      }
      now = end;
      await settle(turns);
    },
    leap(ms) {
      now += ms;
      return clock.advance(0);
    },
    sleepers: () => sleeping.size,
  };
  return clock;
}
