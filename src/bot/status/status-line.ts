import type { Clock } from "../../base/clock.js";
import type { Log } from "../../base/log.js";
import { indicatorLine } from "../../refresh/refresh-texts.js";
import type { RefreshStatus } from "../../refresh/refresher.js";
import type { PlatformExtras } from "../port/platform-definition.js";

export interface StatusLineDeps {
  readonly clock: Clock;
  readonly log: Log;
  status(): RefreshStatus;
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

/** Tells the platforms when the line changes; "refreshing" only once it has lasted a second. */
export function createStatusLine({ clock, log, status, surfaces }: StatusLineDeps): StatusLine {
  const stopping = new AbortController();
  let shown: { readonly line: string; readonly isRefreshing: boolean } | undefined;
  /** Ends the wait whether a refresh lasts. */
  let waiting: AbortController | undefined;

  const show = () => {
    const now = status();
    const line = indicatorLine(now);
    if (line === shown?.line) return;
    shown = { line, isRefreshing: now.indicator === "refreshing" };
    for (const surface of surfaces) {
      surface
        .showStatus?.(line)
        .catch((error) => log.warn({ error }, "status line was not shown, its next change repairs it"));
    }
  };
  const wait = () => {
    waiting = new AbortController();
    const over = AbortSignal.any([waiting.signal, stopping.signal]);
    clock.sleep(WORTH_TELLING_MS, over).then(
      () => {
        waiting = undefined;
        show();
      },
      () => {}, // it is over, or the bot stops
    );
  };
  return {
    look() {
      if (stopping.signal.aborted) return;
      if (status().indicator === "refreshing") {
        if (waiting === undefined && !shown?.isRefreshing) wait();
        return;
      }
      waiting?.abort();
      waiting = undefined;
      show();
    },
    stop: () => stopping.abort(),
  };
}
