import { type Clock, OVER } from "../../../base/clock.js";

/** Puts the taking of questions before the answering: in a burst everybody is acknowledged first. */
export interface BurstBrake {
  /** Runs what takes a question in. */
  take<T>(work: () => Promise<T>): Promise<T>;
  /** Resolves while few questions are being taken, and after 2 s in any case. */
  calm(): Promise<void>;
}

/** More at the same time are a burst; fewer are taken within milliseconds. */
const CALM_COUNT = 20;
const MAX_WAIT_MS = 2_000;

export function createBurstBrake(clock: Pick<Clock, "sleep">): BurstBrake {
  let taking = 0;
  let waiting: (() => void)[] = [];
  const wake = () => {
    const ready = waiting;
    waiting = [];
    for (const each of ready) each();
  };
  return {
    async take(work) {
      taking += 1;
      try {
        return await work();
      } finally {
        taking -= 1;
        if (taking < CALM_COUNT && waiting.length > 0) wake();
      }
    },
    async calm() {
      if (taking < CALM_COUNT) return;
      const isCalm = new AbortController();
      await Promise.race([
        new Promise<void>((resolve) => waiting.push(resolve)),
        clock.sleep(MAX_WAIT_MS, isCalm.signal).catch(() => {}), // called off below
      ]);
      isCalm.abort(OVER);
    },
  };
}
