/** The one source of time, so that tests can turn it. Times are epoch ms. */
export interface Clock {
  now(): number;
  /**
   * Resolves after `ms`.
   * @throws signal.reason as soon as `signal` aborts
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/**
 * Why a wait was called off that nobody needs any more. An abort without a reason makes an exception with its stack.
 */
export const OVER = "over";

/** setTimeout fires at once for anything longer (a signed 32-bit number of ms). */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The machine's own time. A sleep keeps the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep(ms, signal) {
    return new Promise<void>((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const stop = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(
        () => {
          signal?.removeEventListener("abort", stop);
          resolve();
        },
        Math.min(Math.max(ms, 0), LONGEST_TIMER_MS),
      );
      signal?.addEventListener("abort", stop, { once: true });
    });
  },
};

/** Resolves in the next turn of the event loop, so that long work lets other work go on in between. */
export const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
