import type { Clock } from "../../base/clock.js";
import type { Log } from "../../base/log.js";
import type { ProviderId } from "../../providers/provider.js";
import type { Store, Write } from "../../store/store.js";
import type { CatalogEntry } from "../catalog/catalog-types.js";
import { newActivity, type WorkspaceActivity } from "./activity.js";
import { keepUp, note } from "./learn.js";
import { createListWatch, type ListAttempt, type ListHistory, newListHistory, noteList } from "./list-history.js";
import { readActivity, readListHistory, storedActivity } from "./stored.js";

export interface SmartMemoryDeps {
  readonly store: Store;
  readonly clock: Pick<Clock, "now">;
  readonly log: Log;
}

/** What has been learnt of all workspaces and lists, in memory, mirrored to the store's table "usage". */
export interface SmartMemory {
  activityOf(workspace: string): WorkspaceActivity;
  listOf(provider: ProviderId): ListHistory;
  noteActivity(workspace: string): void;
  /** A provider's entry as it is now; `lastChangeAt`: when its list last changed. */
  noteEntry(provider: ProviderId, entry: CatalogEntry, lastChangeAt: number | undefined): void;
  /** @throws {StoreError} */
  load(): Promise<void>;
  /** Stores what is new, every two minutes at most. Never rejects: what could not be stored is tried again. */
  keep(): Promise<void>;
}

const WORKSPACE = "smart:workspace:";
const LIST = "smart:list:";
/** What a kill may lose of what was learnt. */
const KEEP_EVERY_MS = 120_000;
/** So few that learning from them takes a millisecond or two. */
const MAX_NOTED = 100;

export function createSmartMemory({ store, clock, log }: SmartMemoryDeps): SmartMemory {
  const startedAt = clock.now();
  const activities = new Map<string, WorkspaceActivity>();
  const lists = new Map<ProviderId, ListHistory>();
  /** When people did something that is not learnt from yet: noting must cost a message nothing. */
  const noted = new Map<string, number[]>();
  const unsaved = new Map<string, () => unknown>();
  let isLoaded = false;
  let keptAt = startedAt;

  function putActivity(workspace: string, activity: WorkspaceActivity): void {
    activities.set(workspace, activity);
    unsaved.set(`${WORKSPACE}${workspace}`, () => storedActivity(activities.get(workspace) ?? activity));
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
    unsaved.set(`${LIST}${provider}`, () => lists.get(provider) ?? list);
  }

  async function load(): Promise<void> {
    const rows = await store.values("usage").entries("smart:");
    for (const [key, value] of rows) {
      const activity = key.startsWith(WORKSPACE) ? readActivity(value) : undefined;
      const list = key.startsWith(LIST) ? readListHistory(value) : undefined;
      if (activity !== undefined) activities.set(key.slice(WORKSPACE.length), activity);
      else if (list !== undefined) lists.set(key.slice(LIST.length), list);
      else log.warn({ key }, "stored activity of the smart interval is unreadable, starting over");
    }
    isLoaded = true;
  }

  return {
    activityOf(workspace) {
      learn(workspace);
      const known = activities.get(workspace);
      const activity = keepUp(known ?? newActivity(startedAt), clock.now());
      if (activity !== known) putActivity(workspace, activity);
      return activity;
    },
    listOf: (provider) => lists.get(provider) ?? newListHistory(startedAt),
    noteActivity(workspace) {
      const times = noted.get(workspace) ?? [];
      noted.set(workspace, times);
      if (times.push(clock.now()) >= MAX_NOTED) learn(workspace);
    },
    noteEntry: createListWatch(noteAttempt),
    load,
    async keep() {
      if (Math.abs(clock.now() - keptAt) < KEEP_EVERY_MS) return;
      for (const workspace of [...noted.keys()]) learn(workspace);
      if (unsaved.size === 0) return;
      keptAt = clock.now();
      const saving = [...unsaved];
      unsaved.clear();
      try {
        // What could not be read at the start is not overwritten by what little was learnt since.
        if (!isLoaded) await load();
        await store.write(saving.map(([key, value]): Write => ({ table: "usage", key, value: value() })));
      } catch (error) {
        for (const [key, value] of saving) if (!unsaved.has(key)) unsaved.set(key, value);
        log.debug({ error }, "storing the smart interval's activity failed, retrying");
      }
    },
  };
}
