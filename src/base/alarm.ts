import { type Clock, OVER } from "./clock.js";

/** A timer that rings once, at the time that was set last. */
export interface Alarm {
  /** Rings at `at` (epoch ms) in the place of what was set before; at Infinity never. */
  set(at: number): void;
}

export function createAlarm(clock: Clock, onRing: () => void): Alarm {
  let waiting: AbortController | undefined;
  let setTo = Number.POSITIVE_INFINITY;
  return {
    set(at) {
      if (at === setTo) return;
      waiting?.abort(OVER);
      waiting = undefined;
      setTo = at;
      if (at === Number.POSITIVE_INFINITY) return;
      const timer = new AbortController();
      waiting = timer;
      clock.sleep(at - clock.now(), timer.signal).then(
        () => {
          setTo = Number.POSITIVE_INFINITY;
          onRing();
        },
        () => {}, // another time was set
      );
    },
  };
}
