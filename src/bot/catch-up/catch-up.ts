import { setMaxListeners } from "node:events";
import { OVER } from "../../base/clock.js";
import type { MessageKey } from "../port/platform.js";
import type { PlatformParts } from "../port/platform-definition.js";
import type { PlaceAfter } from "../turn/turn.js";
import { LONGEST_WAIT_MS, MissedSearch } from "./missed-search.js";
import type { SearchDeps, TakeMissed, ToldPlaces } from "./search-deps.js";

export interface CatchUpDeps extends SearchDeps {
  readonly surfaces: readonly PlatformParts[];
}

/** Finds questions that were asked while a platform's events did not come in. */
export interface CatchUp {
  /**
   * Looks for what was missed on a platform, in the places that the store knows, or also in those that are `told`
   * after that, and hands it on, oldest first. Returns at once; called again meanwhile, it looks everywhere again.
   */
  begin(platform: string, told: ToldPlaces | undefined, take: TakeMissed): void;
  /**
   * Takes a question that came in by itself. It is given its place in line by `after`: behind the missed ones of its
   * conversation, whose finding a conversation waits for no longer than 10 s. One that an ended process had stored has
   * its place behind those too: what it had not found yet was asked before.
   */
  behind<T>(message: MessageKey, take: (after?: PlaceAfter) => Promise<T>): Promise<T>;
  stop(): void;
}

export function createCatchUp(deps: CatchUpDeps): CatchUp {
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal); // one for each call under way
  const runs = new Map<string, MissedSearch>();
  /** What waits for a platform's events to come in for the first time. */
  const waiting = new Map<string, (() => void)[]>();
  const readerOf = (name: string) =>
    deps.windowMs === 0 ? undefined : deps.surfaces.find(({ platform }) => platform.name === name)?.readMissed;
  /** Runs work then, at the latest after 10 s: the platform may be down. */
  const whenBegun = (platform: string, work: () => void) => {
    const over = new AbortController();
    const begin = () => {
      if (over.signal.aborted) return;
      over.abort(OVER);
      work();
    };
    waiting.set(platform, [...(waiting.get(platform) ?? []), begin]);
    // Called off in `begin`, or the bot stops.
    deps.clock.sleep(LONGEST_WAIT_MS, AbortSignal.any([over.signal, stopping.signal])).then(begin, begin);
  };
  const behindLater: CatchUp["behind"] = (message, take) =>
    take(
      (place) =>
        new Promise((resolve, reject) =>
          whenBegun(message.platform, () => {
            const placed = runs.get(message.platform)?.behind(message, (after) => after(place)) ?? place();
            placed.then(resolve, reject);
          }),
        ),
    );
  return {
    begin(platform, told, take) {
      const read = readerOf(platform);
      if (read === undefined || stopping.signal.aborted) return;
      const run = runs.get(platform) ?? new MissedSearch(deps, { platform, read, take, signal: stopping.signal });
      runs.set(platform, run);
      run.begin(told);
      for (const begin of waiting.get(platform) ?? []) begin();
      waiting.delete(platform);
    },
    behind(message, take) {
      const run = runs.get(message.platform);
      if (run !== undefined) return run.behind(message, take);
      return readerOf(message.platform) === undefined ? take() : behindLater(message, take);
    },
    stop: () => stopping.abort(OVER),
  };
}
