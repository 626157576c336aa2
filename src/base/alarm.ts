import { type Clock, OVER } from "./clock.js";

/** A timer that rings once, at the time that was set last. */
export interface Alarm {
  /** Rings at `at` (epoch ms) in the place of what was set before; at Infinity never. */
  set(at: number): void;
}

export function createAlarm(clock: Clock, onRing: () => void): Alarm {
  let timer: { readonly at: number; readonly abort: AbortController } | undefined;
  let setTo = Number.POSITIVE_INFINITY;

  const stop = () => {
    timer?.abort.abort(OVER);
    timer = undefined;
  };
  const start = (at: number) => {
    const abort = new AbortController();
    timer = { at, abort };
    clock.sleep(at - clock.now(), abort.signal).then(
      () => {
        timer = undefined;
        if (setTo > at) return start(setTo);
        setTo = Number.POSITIVE_INFINITY;
        onRing();
      },
      () => {}, // another time was set
    );
  };
  return {
    set(at) {
      setTo = at;
      // A timer that ends too early starts the next one: most times are set again before that, to later ones.
      if (timer !== undefined && timer.at <= at && at !== Number.POSITIVE_INFINITY) return;
      stop();
      if (at !== Number.POSITIVE_INFINITY) start(at);
    },
  };
}
