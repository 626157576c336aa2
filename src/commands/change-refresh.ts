import type { ProviderId } from "../providers/provider.js";
import type { RefreshChoice, WorkspaceSettings } from "../refresh/settings.js";
import { DEFAULT, readInterval } from "./interval-option.js";

export interface RefreshChange {
  readonly enabled?: boolean | undefined;
  /** One of the intervals, or "default". */
  readonly interval?: string | undefined;
  /** Changes its override only. */
  readonly provider?: ProviderId | undefined;
}

/**
 * The settings after a change of the auto-refresh. The interval "default" drops the workspace's own interval; for a
 * provider it drops all that was set for it.
 */
export function changeRefresh(before: WorkspaceSettings, change: RefreshChange): WorkspaceSettings {
  const { provider, ...choice } = change;
  if (provider === undefined) return changeChoice(before, choice);
  const overrides = new Map(Object.entries(before.providers ?? {}));
  const own = choice.interval === DEFAULT ? {} : (overrides.get(provider) ?? {});
  const after = changeChoice(own, choice);
  if (Object.keys(after).length > 0) overrides.set(provider, after);
  else overrides.delete(provider);
  const { providers: _before, ...rest } = before;
  return overrides.size > 0 ? { ...rest, providers: Object.fromEntries(overrides) } : rest;
}

function changeChoice<T extends RefreshChoice>(before: T, { enabled, interval }: Omit<RefreshChange, "provider">): T {
  const { interval: _dropped, ...rest } = before;
  const chosen = interval === undefined ? before.interval : readInterval(interval);
  // Sound: only the two optional fields are set anew or left out.
  return {
    ...rest,
    ...(chosen !== undefined && { interval: chosen }),
    ...(enabled !== undefined && { isEnabled: enabled }),
  } as T;
}
