import { setMaxListeners } from "node:events";
import { OVER } from "../../base/clock.js";
import type { ChannelKey, MessageKey } from "../port/platform.js";
import type { PlatformParts } from "../port/platform-definition.js";
import type { PlaceAfter } from "../turn/turn.js";
import { MissedSearch, type SearchDeps, type TakeMissed } from "./missed-search.js";

export interface CatchUpDeps extends SearchDeps {
  readonly surfaces: readonly PlatformParts[];
}

/** Finds questions that were asked while a platform's events did not come in. */
export interface CatchUp {
  /**
   * Looks for what was missed on a platform, in the places that the store knows and then in `told`, and hands it on,
   * oldest first. Returns at once; called again meanwhile, it looks everywhere once more.
   */
  begin(platform: string, told: readonly ChannelKey[], take: TakeMissed): void;
  /**
   * Takes a question that came in by itself. It is given its place in line by `after`: behind the missed ones of its
   * conversation, whose finding a conversation waits for no longer than 10 s.
   */
  behind<T>(message: MessageKey, take: (after?: PlaceAfter) => Promise<T>): Promise<T>;
  stop(): void;
}

export function createCatchUp(deps: CatchUpDeps): CatchUp {
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal); // one for each call under way
  const runs = new Map<string, MissedSearch>();
  return {
    begin(platform, told, take) {
      const read = deps.surfaces.find((surface) => surface.platform.name === platform)?.readMissed;
      if (read === undefined || deps.windowMs === 0 || stopping.signal.aborted) return;
      const run = runs.get(platform) ?? new MissedSearch(deps, { platform, read, take, signal: stopping.signal });
      runs.set(platform, run);
      run.begin(told);
    },
    behind: (message, take) => runs.get(message.platform)?.behind(message, take) ?? take(),
    stop: () => stopping.abort(OVER),
  };
}
