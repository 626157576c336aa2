import type { Clock } from "../../base/clock.js";
import type { Log } from "../../base/log.js";
import { indicatorText } from "../../refresh/refresh-texts.js";
import type { Indicator } from "../../refresh/refresher.js";
import type { PlatformExtras } from "../port/platform-definition.js";

export interface StatusLineDeps {
  readonly clock: Clock;
  readonly log: Log;
  indicator(): Indicator;
  /** Where the line is shown. */
  readonly surfaces: readonly Pick<PlatformExtras, "showStatus">[];
}

/** The one line about the lists that every platform shows of the bot itself. */
export interface StatusLine {
  /** Looks whether it says something else by now; called at every beat and after every change. */
  look(): void;
  stop(): void;
}

/** A refresh that is over sooner is not worth telling anybody. */
const WORTH_TELLING_MS = 1_000;

/** Tells the platforms when the indicator changes; "refreshing" only once it has lasted a second. */
export function createStatusLine({ clock, log, indicator, surfaces }: StatusLineDeps): StatusLine {
  const stopping = new AbortController();
  let shown: Indicator | undefined;
  /** Ends the wait whether a refresh lasts. */
  let waiting: AbortController | undefined;

  const show = (now: Indicator) => {
    if (now === shown) return;
    shown = now;
    for (const surface of surfaces) {
      surface
        .showStatus?.(indicatorText(now))
        .catch((error) => log.warn({ error }, "the status line was not shown; its next change repairs it"));
    }
  };
  const wait = () => {
    waiting = new AbortController();
    const over = AbortSignal.any([waiting.signal, stopping.signal]);
    clock.sleep(WORTH_TELLING_MS, over).then(
      () => {
        waiting = undefined;
        show(indicator());
      },
      () => {}, // it is over, or the bot stops
    );
  };
  return {
    look() {
      if (stopping.signal.aborted) return;
      const now = indicator();
      if (now === "refreshing") {
        if (waiting === undefined && shown !== "refreshing") wait();
        return;
      }
      waiting?.abort();
      waiting = undefined;
      show(now);
    },
    stop: () => stopping.abort(),
  };
}
