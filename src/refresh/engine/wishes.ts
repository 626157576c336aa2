import type { Clock } from "../../base/clock.js";
import type { Log } from "../../base/log.js";
import type { ProviderId } from "../../providers/provider.js";
import type { Store } from "../../store/store.js";
import type { CatalogEntry } from "../catalog/catalog-types.js";
import { PICK_UP_MS } from "../decide/freshness.js";
import { wantedInterval } from "../decide/intervals.js";
import { createRecentLongest, type RecentLongest } from "../decide/recent-longest.js";
import type { Settings } from "../settings.js";
import { explain } from "../smart/explain.js";
import { createListWatch } from "../smart/list-watch.js";
import { createSmartMemory } from "../smart/memory.js";
import { smartInterval } from "../smart/smart-interval.js";

export interface WishesDeps {
  readonly providers: readonly { readonly id: ProviderId }[];
  readonly settings: Settings;
  /** The workspaces that the bot is in now. */
  readonly workspaces: () => readonly string[];
  /** What counts while there is no workspace at all. */
  readonly host: { readonly isEnabled: boolean; readonly intervalMs: number; readonly timeoutMs: number };
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
}

/** What all workspaces together want of the refresher. */
export interface Wishes {
  /** The shortest interval in force for a provider; null where auto-refresh is off for it everywhere. */
  intervalOf(provider: ProviderId): number | null;
  /** The same for judging freshness: the longest within the time that a tick and a fetch take. */
  recentIntervalOf(provider: ProviderId): number;
  noteActivity(workspace: string): void;
  /** A provider's entry as it is now; `lastChangeAt`: when its list last changed. */
  noteEntry(provider: ProviderId, entry: CatalogEntry, lastChangeAt: number | undefined): void;
  /** What the smart interval of a workspace is now and why, in one line; undefined where no list has it. */
  smartWhy(workspace: string): string | undefined;
  /** Reads what was learnt. @throws {StoreError} */
  load(): Promise<void>;
  /** Stores what has been learnt, now and then. Never rejects. */
  keep(): Promise<void>;
}

/** A bot may be in thousands of workspaces, and this is asked on users' paths: one look at them serves for a second. */
const LOOK_MS = 1_000;
/** The last look at an interval may be a tick old when it becomes shorter. */
const TICK_MS = 10_000;

export function createWishes({ providers, settings, workspaces, host, store, clock, log }: WishesDeps): Wishes {
  const memory = createSmartMemory({ store, clock, log });
  const watch = createListWatch(memory.noteList);
  const recents = new Map<ProviderId, RecentLongest>();
  let looked = { at: Number.NaN, intervals: new Map<ProviderId, number | null>() };
  const lookAgain = () => {
    looked = { at: clock.now(), intervals: new Map() };
  };
  settings.onChange(lookAgain);

  const smartOf = (workspace: string, provider: ProviderId) =>
    smartInterval(memory.activityOf(workspace), memory.listOf(provider), clock.now());

  function find(provider: ProviderId): number | null {
    const active = workspaces();
    if (active.length === 0) return host.isEnabled ? host.intervalMs : null;
    return wantedInterval(
      active.map((workspace) => ({
        inForce: settings.inForce(workspace, provider),
        smartMs: () => smartOf(workspace, provider).ms,
      })),
    );
  }

  function intervalOf(provider: ProviderId): number | null {
    const ageMs = clock.now() - looked.at;
    if (!(ageMs >= 0 && ageMs < LOOK_MS)) lookAgain();
    let interval = looked.intervals.get(provider);
    if (interval === undefined) {
      interval = find(provider);
      looked.intervals.set(provider, interval);
      recentOf(provider).see(interval ?? 0, clock.now());
    }
    return interval;
  }

  function recentOf(provider: ProviderId): RecentLongest {
    const recent = recents.get(provider) ?? createRecentLongest(host.timeoutMs + PICK_UP_MS + TICK_MS);
    recents.set(provider, recent);
    return recent;
  }

  return {
    intervalOf,
    recentIntervalOf(provider) {
      intervalOf(provider);
      return recentOf(provider).longest();
    },
    noteActivity: memory.noteActivity,
    noteEntry: watch,
    smartWhy(workspace) {
      const smart = providers.filter(({ id }) => {
        const { isEnabled, interval } = settings.inForce(workspace, id);
        return isEnabled && interval.kind === "smart";
      });
      const [shortest] = smart.map(({ id }) => smartOf(workspace, id)).sort((a, b) => a.ms - b.ms);
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
    load: memory.load,
    keep: memory.keep,
  };
}
