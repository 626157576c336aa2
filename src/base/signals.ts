import type { Clock } from "./clock.js";

export interface SignalDeps {
  readonly clock: Clock;
  /** First signal: ends everything in order. */
  stop(): void;
  /** A later one: ends at once. */
  kill(): void;
}

/** npm and the terminal both deliver a Ctrl-C: the second of the pair must change nothing. */
const SAME_SIGNAL_MS = 2_000;

/** What to call on SIGINT and SIGTERM. */
export function createSignalHandler({ clock, stop, kill }: SignalDeps): () => void {
  let firstAt: number | undefined;
  return () => {
    if (firstAt === undefined) {
      firstAt = clock.now();
      stop();
    } else if (clock.now() - firstAt > SAME_SIGNAL_MS) kill();
  };
}
