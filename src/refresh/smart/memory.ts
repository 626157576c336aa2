import type { Clock } from "../../base/clock.js";
import type { Log } from "../../base/log.js";
import type { ProviderId } from "../../providers/provider.js";
import type { Store, Write } from "../../store/store.js";
import { type Activity, newActivity } from "./activity.js";
import { keepUp, note } from "./learn.js";
import { type ListHistory, type ListNews, newListHistory, noteList } from "./list-history.js";
import { readActivity, readListHistory, storedActivity } from "./stored.js";

export interface SmartMemoryDeps {
  readonly store: Store;
  readonly clock: Pick<Clock, "now">;
  readonly log: Log;
}

/** What has been learnt of all workspaces and lists, in memory, mirrored to the store's table "usage". */
export interface SmartMemory {
  activityOf(workspace: string): Activity;
  listOf(provider: ProviderId): ListHistory;
  noteActivity(workspace: string): void;
  noteList(provider: ProviderId, news: ListNews): void;
  /** @throws {StoreError} */
  load(): Promise<void>;
  /** Stores what is new, every two minutes at most. Never rejects: what could not be stored is tried again. */
  keep(): Promise<void>;
}

const WORKSPACE = "smart:workspace:";
const LIST = "smart:list:";
/** What a kill may lose of what was learnt. */
const KEEP_EVERY_MS = 120_000;

export function createSmartMemory({ store, clock, log }: SmartMemoryDeps): SmartMemory {
  const startedAt = clock.now();
  const activities = new Map<string, Activity>();
  const lists = new Map<ProviderId, ListHistory>();
  const unsaved = new Map<string, () => unknown>();
  let isLoaded = false;
  let keptAt = startedAt;

  const putActivity = (workspace: string, activity: Activity): Activity => {
    activities.set(workspace, activity);
    unsaved.set(`${WORKSPACE}${workspace}`, () => storedActivity(activities.get(workspace) ?? activity));
    return activity;
  };

  async function load(): Promise<void> {
    const rows = await store.values("usage").entries("smart:");
    for (const [key, value] of rows) {
      const activity = key.startsWith(WORKSPACE) ? readActivity(value) : undefined;
      const list = key.startsWith(LIST) ? readListHistory(value) : undefined;
      if (activity !== undefined) activities.set(key.slice(WORKSPACE.length), activity);
      else if (list !== undefined) lists.set(key.slice(LIST.length), list);
      else log.warn({ key }, "What the smart interval had learnt could not be read; it learns anew");
    }
    isLoaded = true;
  }

  return {
    activityOf(workspace) {
      const known = activities.get(workspace);
      const activity = keepUp(known ?? newActivity(startedAt), clock.now());
      return activity === known ? known : putActivity(workspace, activity);
    },
    listOf: (provider) => lists.get(provider) ?? newListHistory(startedAt),
    noteActivity(workspace) {
      putActivity(workspace, note(activities.get(workspace) ?? newActivity(clock.now()), clock.now()));
    },
    noteList(provider, news) {
      const list = noteList(lists.get(provider) ?? newListHistory(clock.now()), news, clock.now());
      lists.set(provider, list);
      unsaved.set(`${LIST}${provider}`, () => lists.get(provider) ?? list);
    },
    load,
    async keep() {
      const isDue = Math.abs(clock.now() - keptAt) >= KEEP_EVERY_MS;
      if (!isDue || unsaved.size === 0) return;
      keptAt = clock.now();
      const saving = [...unsaved];
      unsaved.clear();
      try {
        // What could not be read at the start is not overwritten by what little was learnt since.
        if (!isLoaded) await load();
        await store.write(saving.map(([key, value]): Write => ({ table: "usage", key, value: value() })));
      } catch (error) {
        for (const [key, value] of saving) if (!unsaved.has(key)) unsaved.set(key, value);
        log.debug({ error }, "What the smart interval has learnt could not be stored; it is tried again");
      }
    },
  };
}
