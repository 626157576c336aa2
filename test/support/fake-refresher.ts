import type { Snapshot } from "../../src/refresh/catalog/catalog-entry.js";
import type { Refresher, RefreshStatus } from "../../src/refresh/refresher.js";

const EMPTY: RefreshStatus = {
  indicator: "stale",
  isFresh: false,
  hasLists: false,
  lastRefreshAt: null,
  nextRefreshAt: null,
  providers: [],
};

/** A refresher that has nothing and does nothing, but for what a test gives it. */
export const fakeRefresher = (given: Partial<Refresher> = {}): Refresher => {
  const snapshot: Snapshot = { providers: new Map(), fetching: new Set() };
  return {
    shouldAutoRefresh: () => false,
    backgroundRefreshModels: async () => ({}),
    getCachedModels: () => [{}, false],
    snapshot: () => snapshot,
    status: () => EMPTY,
    load: async () => {},
    tick: async () => {},
    refresh: async () => [],
    nudge() {},
    noteUse() {},
    recentlyUsed: () => [],
    changes: () => new Map(),
    noteActivity() {},
    smartWhy: () => undefined,
    onChange: () => () => {},
    stop() {},
    ...given,
  };
};
