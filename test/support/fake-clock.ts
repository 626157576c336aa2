import type { Clock } from "../../src/base/clock.js";

export interface FakeClock extends Clock {
  /** Moves time on, waking sleepers in order; work that they set off runs before the next one wakes. */
  advance(ms: number): Promise<void>;
  /** How many sleep now. */
  sleepers(): number;
}

/** Lets everything that is ready to run do so: microtasks, and what waits for an I/O turn. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** A clock that stands still until it is turned. */
export function fakeClock(startAt = Date.UTC(2026, 0, 5, 12)): FakeClock {
  let now = startAt;
  const sleeping = new Set<{ at: number; wake: () => void }>();
  return {
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
      await settle();
      for (;;) {
        const due = [...sleeping].filter((entry) => entry.at <= end).sort((a, b) => a.at - b.at)[0];
        if (due === undefined) break;
        now = Math.max(now, due.at);
        sleeping.delete(due);
        due.wake();
        await settle();
      }
      now = end;
      await settle();
    },
    sleepers: () => sleeping.size,
  };
}
