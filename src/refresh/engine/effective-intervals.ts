import type { Clock } from "../../base/clock.js";
import type { ProviderId } from "../../providers/provider.js";
import { PICK_UP_MS } from "../decide/freshness.js";
import type { Settings } from "../settings.js";
import type { SmartMemory } from "../smart/memory.js";
import { explain, type SmartInterval, smartInterval } from "../smart/smart-interval.js";

export interface EffectiveIntervalsDeps {
  readonly providers: readonly { readonly id: ProviderId }[];
  readonly settings: Settings;
  /** The workspaces that the bot is in now. */
  readonly workspaces: () => readonly string[];
  /** What counts while there is no workspace at all. */
  readonly host: { readonly isEnabled: boolean; readonly intervalMs: number; readonly timeoutMs: number };
  readonly memory: Pick<SmartMemory, "activityOf" | "listOf">;
  readonly clock: Clock;
}

/** How often each provider is refreshed, from the settings of all workspaces together. */
export interface EffectiveIntervals {
  /** The shortest interval in force for a provider, in ms; null where auto-refresh is off for it everywhere. */
  intervalOf(provider: ProviderId): number | null;
  /** For judging freshness: the longest interval in force within the time that a tick and a fetch take, in ms. */
  recentIntervalOf(provider: ProviderId): number;
  /** The smart interval of a workspace now and why, in one line; undefined where no list has it. */
  smartWhy(workspace: string): string | undefined;
}

/** A bot may be in thousands of workspaces, and this is asked while users wait: the answer serves for a second. */
const LOOK_MS = 1_000;
/** The interval may last have been looked at a tick before it became shorter. */
const TICK_MS = 10_000;

interface SeenInterval {
  readonly at: number;
  readonly ms: number;
}

export function createEffectiveIntervals(deps: EffectiveIntervalsDeps): EffectiveIntervals {
  const { providers, settings, host, memory, clock } = deps;
  const recentMs = host.timeoutMs + PICK_UP_MS + TICK_MS;
  /** What was in force lately, longest first. */
  const recent = new Map<ProviderId, readonly SeenInterval[]>();
  let looked = { at: Number.NaN, intervals: new Map<ProviderId, number | null>() };
  settings.onChange(() => {
    looked = { ...looked, at: Number.NaN };
  });

  function intervalOf(provider: ProviderId): number | null {
    const now = clock.now();
    const ageMs = now - looked.at;
    if (!(ageMs >= 0 && ageMs < LOOK_MS)) looked = { at: now, intervals: new Map() };
    const known = looked.intervals.get(provider);
    if (known !== undefined) return known;
    const intervalMs = shortestInterval(deps, provider);
    looked.intervals.set(provider, intervalMs);
    const seen: SeenInterval[] = [];
    for (const one of recent.get(provider) ?? []) {
      // What a longer one follows can never be the longest again.
      if (one.ms > (intervalMs ?? 0) && Math.abs(now - one.at) <= recentMs) seen.push(one);
    }
    recent.set(provider, [...seen, { at: now, ms: intervalMs ?? 0 }]);
    return intervalMs;
  }

  return {
    intervalOf,
    recentIntervalOf(provider) {
      intervalOf(provider);
      return recent.get(provider)?.[0]?.ms ?? 0;
    },
    smartWhy(workspace) {
      const smart = providers.filter(({ id }) => {
        const { isEnabled, interval } = settings.inForce(workspace, id);
        return isEnabled && interval.kind === "smart";
      });
      const [shortest] = smart.map(({ id }) => smartOf(deps, workspace, id)).sort((a, b) => a.ms - b.ms);
      if (shortest === undefined) return undefined;
      const changedAt = smart.map(({ id }) => memory.listOf(id)).map((list) => list.lastChangeAt ?? list.since);
      const { lastAt } = memory.activityOf(workspace);
      return explain({
        ...shortest,
        idleMs: lastAt === null ? null : clock.now() - lastAt,
        unchangedMs: clock.now() - Math.max(...changedAt),
        lists: smart.length,
      });
    },
  };
}

/** The shortest interval that any workspace has set, in ms; null where auto-refresh is off for all. */
function shortestInterval(deps: EffectiveIntervalsDeps, provider: ProviderId): number | null {
  const { host, settings } = deps;
  const active = deps.workspaces();
  if (active.length === 0) return host.isEnabled ? host.intervalMs : null;
  let shortestMs: number | null = null;
  for (const workspace of active) {
    const { isEnabled, interval } = settings.inForce(workspace, provider);
    if (!isEnabled) continue;
    const ms = interval.kind === "smart" ? smartOf(deps, workspace, provider).ms : interval.ms;
    if (shortestMs === null || ms < shortestMs) shortestMs = ms;
  }
  return shortestMs;
}

const smartOf = ({ memory, clock }: EffectiveIntervalsDeps, workspace: string, provider: ProviderId): SmartInterval =>
  smartInterval(memory.activityOf(workspace), memory.listOf(provider), clock.now());
