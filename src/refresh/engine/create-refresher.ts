import { setMaxListeners } from "node:events";
import type { Clock } from "../../base/clock.js";
import { AppError } from "../../base/errors.js";
import type { Log } from "../../base/log.js";
import type { Provider, ProviderId } from "../../providers/provider.js";
import type { Store } from "../../store/store.js";
import { createCatalog } from "../catalog/catalog.js";
import { due } from "../decide/due.js";
import { type FreshnessTerms, isAllFresh } from "../decide/freshness.js";
import { dueAtStart } from "../decide/start.js";
import { type RefreshOneDeps, refreshOne } from "../fetch/refresh-one.js";
import type { RefreshOrder } from "../fetch/refresh-order.js";
import { createRuns } from "../fetch/runs.js";
import { createStoreWatch } from "../fetch/store-watch.js";
import { createTurns } from "../fetch/turns.js";
import type { RefreshEvent, Refresher, RefreshResult } from "../refresher.js";
import type { Settings } from "../settings.js";
import { createNudges } from "./nudges.js";
import { createSilences } from "./silences.js";
import { statusOf } from "./status.js";
import { createUses } from "./uses.js";
import { createWishes } from "./wishes.js";

export interface RefresherDeps {
  /** In the order of the registry. */
  readonly providers: readonly {
    readonly id: ProviderId;
    readonly baseUrl: string;
    readonly key?: string | undefined;
    readonly provider: Provider;
  }[];
  readonly store: Store;
  readonly settings: Settings;
  /** The workspaces that the bot is in now, on running platforms. */
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
  const { clock, log, providers } = deps;
  const catalog = createCatalog(deps);
  const wishes = createWishes({ ...deps, host: deps.refresh });
  const silences = createSilences(clock);
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal); // one for each provider that is being fetched
  /** Providers that the start is over for. */
  const started = new Set<ProviderId>();
  let isFirstStart = false;
  const watch = createStoreWatch(log);

  const oneDeps: RefreshOneDeps = {
    ...deps,
    catalog,
    watch,
    timeoutMs: deps.refresh.timeoutMs,
    turn: createTurns(),
    signal: stopping.signal,
    onOutcome(event) {
      try {
        deps.onOutcome?.(event);
      } catch (error) {
        log.error({ error }, "Counting a refresh failed");
      }
    },
  };
  const runs = createRuns({
    catalog,
    clock,
    log,
    refresh: (order) => refreshOne(oneDeps, order),
    onEnd({ provider, outcome, before }) {
      if (outcome !== "skipped") started.add(provider);
      if (outcome === "ok" && before === "network") nudge("network");
    },
  });
  const termsOf = (id: ProviderId): FreshnessTerms => ({
    ...deps.refresh,
    intervalMs: wishes.intervalOf(id),
    recentIntervalMs: wishes.recentIntervalOf(id),
  });
  const regularDue = (id: ProviderId) =>
    due({ provider: id, entry: catalog.entry(id), intervalMs: wishes.intervalOf(id) }, clock.now());
  const isStopped = () => stopping.signal.aborted;

  const { nudge, again } = createNudges({
    clock,
    log,
    runs,
    providers: providers.map(({ provider }) => provider),
    factsOf: (id) => ({ provider: id, entry: catalog.entry(id), terms: termsOf(id) }),
    isStopped,
  });

  /** What the clock wants of a provider now; undefined: nothing. */
  function orderFor(provider: Provider): RefreshOrder | undefined {
    const { id } = provider;
    if (!started.has(id)) {
      const atStart = () => dueAtStart(catalog.entry(id), { ...termsOf(id), isFirstStart }, clock.now());
      const { isDue, ...terms } = atStart();
      if (isDue) return { provider, trigger: "start", ...terms, isStillWanted: () => atStart().isDue };
      started.add(id);
    }
    const { isDue, minIntervalMs, minIntervalAfterLossMs } = regularDue(id);
    if (!isDue) return undefined;
    const isStillWanted = () => regularDue(id).isDue;
    return { provider, trigger: "timer", minIntervalMs, minIntervalAfterLossMs, isStillWanted };
  }

  async function runDue(only: (id: ProviderId) => boolean): Promise<readonly RefreshResult[]> {
    try {
      // What other replicas have fetched and what was set on them.
      await Promise.all([catalog.pickUp(), deps.settings.load()]);
      watch.note("reading");
    } catch (error) {
      watch.note("reading", error);
      return [];
    }
    if (isStopped()) return [];
    try {
      const idle = providers.filter(({ id }) => only(id) && !runs.isRunning(id));
      const orders = idle.map(({ provider }) => orderFor(provider)).filter((order) => order !== undefined);
      return await Promise.all(orders.map(runs.start));
    } catch (error) {
      log.error({ error }, "What is due could not be told; the next tick comes in 10 s");
      return [];
    }
  }

  const isChosen = (ids: readonly ProviderId[] | undefined) => (id: ProviderId) =>
    ids === undefined || ids.includes(id);
  const runForPerson = (ids: readonly ProviderId[] | undefined, isPatient: boolean) =>
    Promise.all(
      providers
        .filter(({ id }) => isChosen(ids)(id))
        .map(({ provider }) => runs.forPerson(provider, () => !isStopped(), isPatient)),
    );

  const noteLists = () => {
    for (const [id, entry] of catalog.snapshot().providers) wishes.noteEntry(id, entry, catalog.changes(id).last?.at);
  };

  return {
    shouldAutoRefresh: () => !isStopped() && providers.some(({ id }) => !runs.isRunning(id) && regularDue(id).isDue),
    async backgroundRefreshModels() {
      await runForPerson(undefined, false);
      return catalog.lists();
    },
    getCachedModels: () => [catalog.lists(), isAllFresh(catalog.snapshot(), termsOf, clock.now())],
    snapshot: catalog.snapshot,
    status: () => ({
      ...statusOf(catalog.snapshot(), termsOf, (id) => catalog.changes(id).last, clock.now()),
      ...(watch.isDown() && { isStoreDown: true }),
    }),
    async load() {
      await Promise.all([catalog.pickUp(), wishes.load()]);
      noteLists();
      catalog.onChange(noteLists);
      isFirstStart = Object.keys(catalog.lists()).length === 0;
    },
    async tick() {
      again();
      if (!isStopped()) await Promise.all([runDue(() => true), wishes.keep()]);
    },
    refresh: (trigger, ids) => (trigger === "person" ? runForPerson(ids, true) : runDue(isChosen(ids))),
    nudge,
    ...createUses({ catalog, clock, nudge }),
    changes: () => new Map(providers.map(({ id }) => [id, catalog.changes(id)])),
    noteActivity(workspace, conversation) {
      wishes.noteActivity(workspace);
      if (conversation !== undefined && silences.isBroken(conversation)) nudge("first-message");
    },
    smartWhy: wishes.smartWhy,
    onChange: catalog.onChange,
    stop: () => stopping.abort(new AppError("internal", "The refresh was stopped")),
  };
}
