import { z } from "zod";
import type { Clock } from "../../base/clock.js";
import type { Log } from "../../base/log.js";
import type { ProviderId } from "../../providers/provider.js";
import type { Store, Write } from "../../store/store.js";
import type { CatalogEntry } from "../catalog/catalog-entry.js";
import { sharedWorkspaceOf } from "../settings.js";
import { FIRST_SHARES, HOURS_OF_WEEK, LEVEL_MS, newActivity, RECENT_MS, type WorkspaceActivity } from "./activity.js";
import { habitNear } from "./habit.js";
import { keepUp, note } from "./learn.js";
import { createListWatch, type ListAttempt, type ListHistory, newListHistory, noteList } from "./list-history.js";

export interface SmartMemoryDeps {
  readonly store: Store;
  readonly clock: Pick<Clock, "now">;
  readonly log: Log;
}

/** What has been learnt of all workspaces and lists, in memory, mirrored to the store's table "usage". */
export interface SmartMemory {
  /** Direct messages are learnt from together. */
  activityOf(workspace: string): WorkspaceActivity;
  listOf(provider: ProviderId): ListHistory;
  noteActivity(workspace: string): void;
  /** A provider's entry as it is now; `lastChangeAt`: when its list last changed. */
  noteEntry(provider: ProviderId, entry: CatalogEntry, lastChangeAt: number | undefined): void;
  /** @throws {StoreError} */
  load(): Promise<void>;
  /**
   * Stores what is new, every two minutes at most, in slices, one at each tick. Never rejects: what could not be stored
   * is tried again.
   */
  keep(): Promise<void>;
}

const WORKSPACE = "smart:workspace:";
const LIST = "smart:list:";
/** What a kill may lose of what was learnt. */
const KEEP_EVERY_MS = 120_000;
/** Workspaces that one tick handles, in some milliseconds; the rest waits for the next tick. */
const MAX_AT_ONCE = 50;
/** Most interactions that are noted before they are learned from, which then takes a millisecond or two. */
const MAX_NOTED = 100;

export function createSmartMemory({ store, clock, log }: SmartMemoryDeps): SmartMemory {
  const startedAt = clock.now();
  const activities = new Map<string, WorkspaceActivity>();
  const lists = new Map<ProviderId, ListHistory>();
  /** When people did something that is not learnt from yet: noting must cost a message nothing. */
  const noted = new Map<string, number[]>();
  const unsaved = createUnsavedRows({ store, clock, log });

  function putActivity(workspace: string, activity: WorkspaceActivity): void {
    activities.set(workspace, activity);
    unsaved.mark(`${WORKSPACE}${workspace}`, () => storedActivity(activities.get(workspace) ?? activity));
  }

  function learn(workspace: string): void {
    const times = noted.get(workspace);
    if (times === undefined) return;
    noted.delete(workspace);
    const before = activities.get(workspace) ?? newActivity(times[0] ?? startedAt);
    putActivity(workspace, times.reduce(note, before));
  }

  function noteAttempt(provider: ProviderId, attempt: ListAttempt): void {
    const list = noteList(lists.get(provider) ?? newListHistory(clock.now()), attempt, clock.now());
    lists.set(provider, list);
    unsaved.mark(`${LIST}${provider}`, () => lists.get(provider) ?? list);
  }

  async function load(): Promise<void> {
    for (const [key, value] of await store.values("usage").entries("smart:")) {
      const isRead = key.startsWith(WORKSPACE)
        ? put(activities, key.slice(WORKSPACE.length), readActivity(value))
        : put(lists, key.slice(LIST.length), readListHistory(value));
      store.values("usage").noteDamage?.(key, !isRead);
      if (!isRead) log.warn({ key }, "stored activity of the smart interval is unreadable, starting over");
    }
    unsaved.markLoaded();
  }

  return {
    activityOf(asked) {
      const workspace = sharedWorkspaceOf(asked);
      learn(workspace);
      const known = activities.get(workspace);
      const activity = keepUp(known ?? newActivity(startedAt), clock.now());
      if (activity !== known) putActivity(workspace, activity);
      return activity;
    },
    listOf: (provider) => lists.get(provider) ?? newListHistory(startedAt),
    noteActivity(active) {
      const workspace = sharedWorkspaceOf(active);
      const times = noted.get(workspace) ?? [];
      noted.set(workspace, times);
      if (times.push(clock.now()) >= MAX_NOTED) learn(workspace);
    },
    noteEntry: createListWatch(noteAttempt),
    load,
    async keep() {
      if (!unsaved.isTimeToSave()) return;
      for (const workspace of [...noted.keys()].slice(0, MAX_AT_ONCE)) learn(workspace);
      await unsaved.save(load, noted.size > 0);
    },
  };
}

function put<T>(map: Map<string, T>, key: string, value: T | undefined): boolean {
  if (value !== undefined) map.set(key, value);
  return value !== undefined;
}

/** Rows that have changed since they were stored. */
function createUnsavedRows({ store, clock, log }: SmartMemoryDeps) {
  const unsaved = new Map<string, () => unknown>();
  let isLoaded = false;
  let savedAt = clock.now();
  return {
    /** `read` is called when the row is written. */
    mark: (key: string, read: () => unknown) => void unsaved.set(key, read),
    markLoaded() {
      isLoaded = true;
    },
    isTimeToSave: () => Math.abs(clock.now() - savedAt) >= KEEP_EVERY_MS,
    /** Never rejects: rows that could not be stored are tried again at the next save. */
    async save(load: () => Promise<void>, isMoreToCome: boolean): Promise<void> {
      if (unsaved.size === 0) return;
      const saving = [...unsaved].slice(0, MAX_AT_ONCE);
      for (const [key] of saving) unsaved.delete(key);
      if (unsaved.size === 0 && !isMoreToCome) savedAt = clock.now();
      try {
        // What could not be read at the start is not overwritten by what little was learnt since.
        if (!isLoaded) await load();
        await store.write(saving.map(([key, read]): Write => ({ table: "usage", key, value: read() })));
      } catch (error) {
        for (const [key, read] of saving) if (!unsaved.has(key)) unsaved.set(key, read);
        log.debug({ error }, "storing the smart interval's activity failed, retrying");
      }
    },
  };
}

const amount = z.number().nonnegative();
const amounts = (length: number) => z.array(amount).length(length);
const hours = amounts(HOURS_OF_WEEK).transform((values) => Float32Array.from(values));

const activitySchema = z.object({
  at: amount,
  lastAt: amount.nullable(),
  inThisHour: amount,
  counts: hours,
  weeks: hours,
  total: z.object({ count: amount, ms: amount }),
  recent: amounts(RECENT_MS.length),
  happened: amounts(LEVEL_MS.length),
  habitual: amounts(LEVEL_MS.length),
  credited: amounts(FIRST_SHARES.length),
  foretold: amounts(FIRST_SHARES.length),
});

const listSchema = z.object({
  at: amount,
  lastChangeAt: amount.nullable(),
  since: amount,
  changes: amount,
  watchedMs: amount,
  attempts: amount,
  failures: amount,
});

/** Learnt numbers are worth no more digits than that; a row stays at some 2 KB. */
const DIGITS = 5;
const short = (values: Iterable<number>) => Array.from(values, (value) => Number(value.toPrecision(DIGITS)));

/** What is stored of a workspace's use. */
export const storedActivity = ({ nearby: _derived, ...activity }: WorkspaceActivity): unknown => ({
  ...activity,
  counts: short(activity.counts),
  weeks: short(activity.weeks),
  recent: short(activity.recent),
  happened: short(activity.happened),
  habitual: short(activity.habitual),
  credited: short(activity.credited),
  foretold: short(activity.foretold),
});

/** A stored row; undefined where it is not one. */
export function readActivity(value: unknown): WorkspaceActivity | undefined {
  const parsed = activitySchema.safeParse(value);
  return parsed.success ? { ...parsed.data, nearby: habitNear(parsed.data, parsed.data.at) } : undefined;
}

/** A stored row; undefined where it is not one. */
export function readListHistory(value: unknown): ListHistory | undefined {
  const parsed = listSchema.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}
