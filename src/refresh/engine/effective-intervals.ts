import type { Clock } from "../../base/clock.js";
import type { ProviderId } from "../../providers/provider.js";
import { PICK_UP_MS } from "../decide/freshness.js";
import type { RefreshInForce, Settings, WorkspaceSettings } from "../settings.js";
import type { SmartMemory } from "../smart/memory.js";
import { explain, intervalByUse, intervalFor, type SmartInterval, smartInterval } from "../smart/smart-interval.js";

export interface EffectiveIntervalsDeps {
  readonly providers: readonly { readonly id: ProviderId }[];
  readonly settings: Settings;
  /** The workspaces that the bot is in now; the same object until they change. */
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
  /** Somebody did something there: its smart interval is judged at the next look, however many there are. */
  noteActivity(workspace: string): void;
  /** The smart interval of a workspace now and why, in one line; undefined where no list has it. */
  smartWhy(workspace: string): string | undefined;
}

/** How long an answer serves: this is asked while users wait. */
export const LOOK_MS = 1_000;
/** The interval may last have been looked at a tick before it became shorter. */
const TICK_MS = 10_000;
/** Most workspaces with a smart interval that are judged again per look, besides those where somebody did something. */
const MAX_JUDGED = 200;

interface SeenInterval {
  readonly at: number;
  readonly ms: number;
}

type Intervals = ReadonlyMap<ProviderId, number | null>;

export function createEffectiveIntervals(deps: EffectiveIntervalsDeps): EffectiveIntervals {
  const { providers, settings, host, memory, clock } = deps;
  const recentMs = host.timeoutMs + PICK_UP_MS + TICK_MS;
  /** What was in force lately, longest first. */
  const recent = new Map<ProviderId, readonly SeenInterval[]>();
  const active = new Set<string>();
  const groupsNow = createChoiceGroups(deps);
  let looked: { readonly at: number; readonly intervals: Intervals } | undefined;
  settings.onChange(() => {
    looked = undefined;
  });

  function look(now: number): Intervals {
    const groups = [...groupsNow()];
    const intervals = shortestIntervals(deps, groups, active);
    active.clear();
    for (const [provider, intervalMs] of intervals) {
      const seen: SeenInterval[] = [];
      for (const one of recent.get(provider) ?? []) {
        // What a longer one follows can never be the longest again.
        if (one.ms > (intervalMs ?? 0) && Math.abs(now - one.at) <= recentMs) seen.push(one);
      }
      recent.set(provider, [...seen, { at: now, ms: intervalMs ?? 0 }]);
    }
    return intervals;
  }

  function intervalOf(provider: ProviderId): number | null {
    const now = clock.now();
    const ageMs = now - (looked?.at ?? Number.NaN);
    if (looked === undefined || !(ageMs >= 0 && ageMs < LOOK_MS)) looked = { at: now, intervals: look(now) };
    return looked.intervals.get(provider) ?? null;
  }

  return {
    intervalOf,
    noteActivity: (workspace) => void active.add(workspace),
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

/** The shortest interval that any workspace has set, in ms, by provider; null where auto-refresh is off for all. */
function shortestIntervals(
  deps: EffectiveIntervalsDeps,
  groups: readonly ChoiceGroup[],
  active: ReadonlySet<string>,
): Intervals {
  const { providers, host, memory } = deps;
  const judged = new Map<ChoiceGroup, number>();
  const byUse = (group: ChoiceGroup): number => {
    const ms = judged.get(group) ?? shortestByUse(deps, group, active);
    judged.set(group, ms);
    return ms;
  };
  const intervalIn = (group: ChoiceGroup, provider: ProviderId): number | null => {
    const { isEnabled = false, interval } = group.inForce.get(provider) ?? {};
    if (!isEnabled || interval === undefined) return null;
    return interval.kind === "fixed" ? interval.ms : intervalFor(byUse(group), memory.listOf(provider));
  };
  return new Map(
    providers.map(({ id }) => {
      if (groups.length === 0) return [id, host.isEnabled ? host.intervalMs : null];
      let shortestMs: number | null = null;
      for (const group of groups) {
        const ms = intervalIn(group, id);
        if (ms !== null && (shortestMs === null || ms < shortestMs)) shortestMs = ms;
      }
      return [id, shortestMs];
    }),
  );
}

/** Judges those of a group's workspaces that changed or were judged longest ago, and returns the shortest of all. */
function shortestByUse(
  { memory, clock }: EffectiveIntervalsDeps,
  { smartMs }: ChoiceGroup,
  active: ReadonlySet<string>,
): number {
  const judge = (workspace: string) => intervalByUse(memory.activityOf(workspace), clock.now()).ms;
  const waiting: string[] = [];
  for (const workspace of smartMs.keys()) if (waiting.push(workspace) >= MAX_JUDGED) break;
  for (const workspace of active) if (smartMs.has(workspace)) waiting.push(workspace);
  for (const workspace of waiting) {
    smartMs.delete(workspace);
    smartMs.set(workspace, judge(workspace));
  }
  let shortestMs = Number.POSITIVE_INFINITY;
  for (const [workspace, judgedMs] of smartMs) {
    const ms = Number.isNaN(judgedMs) ? judge(workspace) : judgedMs;
    if (ms !== judgedMs) smartMs.set(workspace, ms);
    if (ms < shortestMs) shortestMs = ms;
  }
  return shortestMs;
}

const smartOf = ({ memory, clock }: EffectiveIntervalsDeps, workspace: string, provider: ProviderId): SmartInterval =>
  smartInterval(memory.activityOf(workspace), memory.listOf(provider), clock.now());

/** Workspaces that have set the same about the refresh. */
export interface ChoiceGroup {
  /** What is in force in each of them. */
  readonly inForce: ReadonlyMap<ProviderId, RefreshInForce>;
  /**
   * The workspaces, with what the use of each came to as a smart interval when it was last judged, in ms; NaN: it was
   * not. The one judged longest ago comes first.
   */
  readonly smartMs: Map<string, number>;
}

export interface ChoiceGroupsDeps {
  readonly providers: readonly { readonly id: ProviderId }[];
  readonly settings: Settings;
  /** The workspaces that the bot is in now; the same object until they change. */
  readonly workspaces: () => readonly string[];
}

/**
 * Sorts the workspaces by what they have set about the refresh, once; a changed setting moves one of them. Thousands of
 * workspaces come to a handful of groups. Returns the groups of now; none where there is no workspace.
 */
export function createChoiceGroups({ providers, settings, workspaces }: ChoiceGroupsDeps): () => Iterable<ChoiceGroup> {
  const groups = new Map<string, ChoiceGroup>();
  const keyOf = new Map<string, string>();
  let sorted: readonly string[] | undefined;

  function put(workspace: string, before = groups): void {
    const key = choiceOf(settings.of(workspace));
    const group = groups.get(key) ?? {
      inForce: new Map(providers.map(({ id }) => [id, settings.inForce(workspace, id)])),
      smartMs: new Map<string, number>(),
    };
    groups.set(key, group);
    keyOf.set(workspace, key);
    group.smartMs.set(workspace, before.get(key)?.smartMs.get(workspace) ?? Number.NaN);
  }

  settings.onChange((workspace) => {
    const key = keyOf.get(workspace);
    if (key === undefined) return;
    const group = groups.get(key);
    group?.smartMs.delete(workspace);
    if (group?.smartMs.size === 0) groups.delete(key);
    put(workspace);
  });

  return () => {
    const now = workspaces();
    if (now !== sorted) {
      sorted = now;
      const before = new Map(groups);
      groups.clear();
      keyOf.clear();
      for (const workspace of now) put(workspace, before);
    }
    return groups.values();
  };
}

/** A memo of a pure function: what many workspaces have set is mostly nothing, or was read once. */
const choices = new WeakMap<WorkspaceSettings, string>();

function choiceOf(settings: WorkspaceSettings): string {
  const known = choices.get(settings);
  if (known !== undefined) return known;
  const { isEnabled, interval, providers } = settings;
  const choice = JSON.stringify([isEnabled, interval, providers]);
  choices.set(settings, choice);
  return choice;
}
