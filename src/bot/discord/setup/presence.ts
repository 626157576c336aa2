import type { Clock } from "../../../base/clock.js";
import { cutText } from "../../../base/text.js";

/** Discord takes 5 in 20 s; one in 15 s is what this bot allows itself. */
const GAP_MS = 15_000;
const MAX_STATE_CHARS = 128;

export interface Presence {
  /** Shows the line when the pace allows; the newest wins, and the same one costs nothing. */
  show(line: string): void;
  /** Shows it again on a new gateway session, which begins with none. */
  renew(): void;
  stop(): void;
}

/** One line beside the bot's name. */
export function createPresence(deps: { readonly clock: Clock; set(line: string): void }): Presence {
  const stopping = new AbortController();
  let shown: string | undefined;
  let wanted: string | undefined;
  let isRunning = false;

  const run = async () => {
    while (wanted !== shown && wanted !== undefined) {
      shown = wanted;
      deps.set(shown);
      await deps.clock.sleep(GAP_MS, stopping.signal);
    }
  };
  const wake = () => {
    if (isRunning) return;
    isRunning = true;
    run()
      .catch(() => {}) // only stop() ends the pause early
      .finally(() => {
        isRunning = false;
        if (wanted !== shown && !stopping.signal.aborted) wake();
      });
  };
  return {
    show(line) {
      if (stopping.signal.aborted) return;
      wanted = cutText(line, MAX_STATE_CHARS);
      wake();
    },
    renew() {
      if (stopping.signal.aborted) return;
      shown = undefined;
      wake();
    },
    stop: () => stopping.abort(),
  };
}
