import { setMaxListeners } from "node:events";
import type { Clock } from "../../base/clock.js";
import { AppError } from "../../base/errors.js";
import type { Log } from "../../base/log.js";
import { createSerial } from "../../base/serial.js";
import type { Provider, ProviderId } from "../../providers/provider.js";
import type { ProviderVariables } from "../../providers/provider-definition.js";
import type { Store } from "../../store/store.js";
import { type Catalog, createCatalog } from "../catalog/catalog.js";
import { indexAhead } from "../choose/model-index.js";
import { judgeDue, nextDueAt, type Occasion } from "../decide/due.js";
import { type FreshnessTerms, isAllFresh, nextFreshnessAt } from "../decide/freshness.js";
import { createYieldInOrder, type RefreshOneDeps, refreshOne } from "../fetch/refresh-one.js";
import { createRuns, type Runs } from "../fetch/runs.js";
import type { RefreshEvent, Refresher } from "../refresher.js";
import type { Settings } from "../settings.js";
import { createSmartMemory } from "../smart/memory.js";
import { createClockRefresh } from "./clock-refresh.js";
import { createEffectiveIntervals, LOOK_MS } from "./effective-intervals.js";
import { createModelFeedback } from "./model-feedback.js";
import { createConversationIdleness, createNudges } from "./nudges.js";
import { createStoreWatch, statusOf } from "./status.js";

export interface RefresherDeps {
  /** In the order of the registry. */
  readonly providers: readonly (ProviderVariables & {
    readonly id: ProviderId;
    readonly baseUrl: string;
    readonly key?: string | undefined;
    readonly provider: Provider;
  })[];
  readonly store: Store;
  readonly settings: Settings;
  /** The workspaces that the bot is in now, on running platforms; the same object until they change. */
  readonly workspaces: () => readonly string[];
  readonly clock: Clock;
  readonly log: Log;
  /** The host's configuration. */
  readonly refresh: {
    readonly timeoutMs: number;
    readonly maxAgeMs: number;
    readonly isEnabled: boolean;
    readonly intervalMs: number;
  };
  readonly onOutcome?: (event: RefreshEvent) => void;
}

/** Keeps every provider's list fresh in the background; whoever reads, reads from memory. */
export function createRefresher(deps: RefresherDeps): Refresher {
  const { clock, providers } = deps;
  const parts = createParts(deps);
  const { catalog, memory, intervals, watch, stopping, runs, nudges, termsOf, byClock } = parts;
  const isStopped = () => stopping.signal.aborted;
  const idleness = createConversationIdleness(clock);

  async function runForPerson(ids: readonly ProviderId[] | undefined, isPatient: boolean) {
    const chosen = providers.filter(({ id }) => ids === undefined || ids.includes(id));
    return Promise.all(chosen.map(({ provider }) => runs.forPerson(provider, () => !isStopped(), isPatient)));
  }

  function noteLists(): void {
    for (const [id, entry] of catalog.snapshot().providers) memory.noteEntry(id, entry, catalog.changes(id).last?.at);
  }

  return {
    shouldAutoRefresh: () =>
      !isStopped() && providers.some(({ id }) => !runs.isRunning(id) && parts.judge("timer", id).isDue),
    async backgroundRefreshModels() {
      await runForPerson(undefined, false);
      return catalog.lists();
    },
    getCachedModels: createCachedModels({ ...deps, ...parts }),
    snapshot: catalog.snapshot,
    status: () => ({
      ...statusOf({ catalog, providers, termsOf, now: clock.now() }),
      ...(watch.isDown() && { isStoreDown: true }),
    }),
    async load() {
      await Promise.all([catalog.pickUp(), memory.load()]);
      noteLists();
      catalog.onChange(noteLists);
      catalog.onChange(createIndexing(catalog));
      if (Object.keys(catalog.lists()).length === 0) byClock.markFirstStart();
    },
    async tick() {
      if (isStopped()) return;
      if (nudges.kept.size > 0) nudges.retryKept();
      await Promise.all([byClock.tick(), memory.keep()]);
    },
    refresh: (trigger, ids) => (trigger === "person" ? runForPerson(ids, true) : byClock.run(ids)),
    nudge: nudges.nudge,
    ...createModelFeedback({ catalog, clock, nudge: nudges.nudge }),
    changes: () => new Map(providers.map(({ id }) => [id, catalog.changes(id)])),
    noteActivity(workspace, conversation) {
      memory.noteActivity(workspace);
      intervals.noteActivity(workspace);
      if (conversation !== undefined && idleness.endsWith(conversation)) nudges.nudge("first-message");
    },
    smartWhy: intervals.smartWhy,
    onChange: catalog.onChange,
    stop: () => stopping.abort(new AppError("internal", "The refresh was stopped")),
  };
}

type CachedModels = ReturnType<Refresher["getCachedModels"]>;

/** Indexes changed lists one after the other, before somebody searches them. */
function createIndexing({ snapshot }: Pick<Catalog, "snapshot">): () => void {
  const serial = createSerial();
  return () => void serial("", () => indexAhead(snapshot()));
}

interface CachedModelsDeps extends Pick<RefresherDeps, "settings" | "clock"> {
  readonly catalog: Catalog;
  termsOf(provider: ProviderId): FreshnessTerms;
}

/** Returns `getCachedModels`, which keeps its result until a list or setting changes, or a list may be stale. */
function createCachedModels({ catalog, settings, clock, termsOf }: CachedModelsDeps): () => CachedModels {
  let cached: { readonly at: number; readonly until: number; readonly models: CachedModels } | undefined;
  const forget = () => {
    cached = undefined;
  };
  catalog.onChange(forget);
  settings.onChange(forget);
  return () => {
    const now = clock.now();
    if (cached !== undefined && now >= cached.at && now < cached.until) return cached.models;
    const snapshot = catalog.snapshot();
    const models = Object.freeze([catalog.lists(), isAllFresh(snapshot, termsOf, now)] as const);
    cached = { at: now, until: Math.min(now + LOOK_MS, nextFreshnessAt(snapshot, termsOf, now)), models };
    return models;
  };
}

/** Everything that a refresher is made of, wired together. */
function createParts(deps: RefresherDeps) {
  const { clock, log, providers, refresh: host } = deps;
  const catalog = createCatalog(deps);
  const memory = createSmartMemory(deps);
  const intervals = createEffectiveIntervals({ ...deps, host, memory });
  const watch = createStoreWatch(log);
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal); // one for each provider that is being fetched
  const isStopped = () => stopping.signal.aborted;

  const termsOf = (id: ProviderId): FreshnessTerms => ({
    ...host,
    intervalMs: intervals.intervalOf(id),
    recentIntervalMs: intervals.recentIntervalOf(id),
  });
  const factsOf = (id: ProviderId) => ({ provider: id, entry: catalog.entry(id) });
  const judge = (occasion: Occasion, id: ProviderId) => judgeDue(occasion, factsOf(id), termsOf(id), clock.now());

  const oneDeps: RefreshOneDeps = {
    ...deps,
    catalog,
    timeoutMs: host.timeoutMs,
    signal: stopping.signal,
    yieldInOrder: createYieldInOrder(),
    noteStore: watch.note,
    onOutcome(event) {
      try {
        deps.onOutcome?.(event);
      } catch (error) {
        log.error({ error }, "counting a refresh failed");
      }
    },
  };
  const runs: Runs = createRuns({
    catalog,
    clock,
    log,
    refresh: (order) => refreshOne(oneDeps, order),
    onEnd({ provider, outcome, before }) {
      if (outcome !== "skipped") byClock.markStarted(provider);
      if (outcome === "ok" && before === "network") nudges.nudge("network");
    },
  });
  const dueAt = (id: ProviderId) => nextDueAt(factsOf(id), intervals.intervalOf(id), clock.now());
  const byClock = createClockRefresh({ ...deps, catalog, runs, watch, judge, dueAt, signal: stopping.signal });
  const vendors = providers.map(({ provider }) => provider);
  const nudges = createNudges({ clock, log, runs, providers: vendors, factsOf, termsOf, isStopped });
  return { catalog, memory, intervals, watch, stopping, runs, nudges, termsOf, judge, byClock };
}
