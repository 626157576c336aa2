import { type Clock, OVER } from "../../base/clock.js";

export interface PacerDeps {
  readonly clock: Clock;
  /** Shortest time between the starts of two sends, in ms. */
  readonly minGapMs: number;
  /**
   * Brings what is shown up to the newest text. It waits for the platform's pace by itself, and may give up that wait,
   * though no call, when `signal` aborts. May reject.
   */
  send(signal: AbortSignal): Promise<void>;
  onError(error: unknown): void;
}

export interface Pacer {
  /** Says that there is something new and returns at once; what is new meanwhile goes out together. */
  wake(): void;
  /** Calls off what still waits, and resolves when nothing is in flight any more; from then on nothing is sent. */
  end(): Promise<void>;
}

/** The first send starts at once, then one per gap, one at a time. */
export function createPacer({ clock, minGapMs, send, onError }: PacerDeps): Pacer {
  let isBehind = false;
  let loop: Promise<void> | undefined;
  const ended = new AbortController();
  const { signal } = ended;

  const run = async () => {
    while (isBehind && !signal.aborted) {
      isBehind = false;
      const startedAt = clock.now();
      await send(signal).catch((error) => {
        if (!signal.aborted) onError(error);
      });
      const restMs = startedAt + minGapMs - clock.now();
      if (restMs > 0) await clock.sleep(restMs, signal).catch(() => {}); // woken by end()
    }
    loop = undefined;
  };
  return {
    wake() {
      isBehind = true;
      if (!signal.aborted) loop ??= run();
    },
    async end() {
      ended.abort(OVER);
      await loop;
    },
  };
}
