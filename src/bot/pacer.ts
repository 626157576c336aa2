import type { Clock } from "../clock.js";

export interface PacerDeps {
  readonly clock: Clock;
  /** Shortest time between two sends, in ms. */
  readonly minGapMs: number;
  /** Shows a text in place of the one before. */
  send(text: string): Promise<void>;
  onError(error: unknown): void;
}

export interface Pacer {
  /** Notes the newest text and returns at once; texts in between are never sent. */
  show(text: string): void;
  /** Sends the last text without waiting for the gap, after what is in flight. @throws what `send` throws */
  finish(text: string): Promise<void>;
}

/** The first text goes out at once, then the latest one per gap, one call in flight; the last one bypasses the timer. */
export function createPacer({ clock, minGapMs, send, onError }: PacerDeps): Pacer {
  let latest: string | undefined;
  let loop: Promise<void> | undefined;
  const finished = new AbortController();

  const run = async () => {
    while (latest !== undefined && !finished.signal.aborted) {
      const text = latest;
      latest = undefined;
      await send(text).catch(onError);
      await clock.sleep(minGapMs, finished.signal).catch(() => {}); // woken by finish(), which sends what is left
    }
    loop = undefined;
  };
  return {
    show(text) {
      latest = text;
      loop ??= run();
    },
    async finish(text) {
      finished.abort();
      await loop;
      await send(text);
    },
  };
}
