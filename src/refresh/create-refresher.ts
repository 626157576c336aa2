import type { Clock } from "../clock.js";
import { AppError } from "../errors.js";
import type { Log } from "../log.js";
import type { Provider, ProviderId } from "../providers/provider.js";
import type { Store } from "../store/store.js";
import { createCatalog } from "./catalog.js";
import { due } from "./due.js";
import { type FreshnessTerms, isAllFresh } from "./freshness.js";
import { type RefreshOneDeps, type RefreshOrder, refreshOne } from "./refresh-one.js";
import type { RefreshEvent, Refresher, RefreshResult, Trigger } from "./refresher.js";
import type { Settings } from "./settings.js";
import { dueAtStart } from "./start.js";
import { statusOf } from "./status.js";
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
  const stopping = new AbortController();
  /** One refresh per provider at a time; whoever wants another joins it. */
  const running = new Map<ProviderId, { readonly trigger: Trigger; readonly result: Promise<RefreshResult> }>();
  /** Providers that the start is over for. */
  const started = new Set<ProviderId>();
  let isFirstStart = false;
  let isStoreUp = true;

  const oneDeps: RefreshOneDeps = {
    ...deps,
    catalog,
    timeoutMs: deps.refresh.timeoutMs,
    signal: stopping.signal,
    onOutcome(event) {
      try {
        deps.onOutcome?.(event);
      } catch (error) {
        log.error({ error }, "Counting a refresh failed");
      }
    },
  };
  const termsOf = (id: ProviderId): FreshnessTerms => ({ ...deps.refresh, intervalMs: wishes.intervalOf(id) });
  const regularDue = (id: ProviderId) =>
    due({ provider: id, entry: catalog.entry(id), intervalMs: wishes.intervalOf(id) }, clock.now());

  /** What the clock wants of a provider now; undefined: nothing. */
  function orderFor(provider: Provider): RefreshOrder | undefined {
    const { id } = provider;
    if (!started.has(id)) {
      const isWanted = () => dueAtStart(id, catalog.entry(id), { ...termsOf(id), isFirstStart }, clock.now());
      if (isWanted()) return { provider, trigger: "start", minIntervalMs: 0, isStillWanted: isWanted };
      started.add(id);
    }
    const { isDue, minIntervalMs } = regularDue(id);
    if (!isDue) return undefined;
    return { provider, trigger: "timer", minIntervalMs, isStillWanted: () => regularDue(id).isDue };
  }

  function run(order: RefreshOrder): Promise<RefreshResult> {
    const { id } = order.provider;
    const result = refreshOne(oneDeps, order)
      .catch((error): RefreshResult => {
        log.error({ error, provider: id }, "A refresh broke");
        catalog.setFetching(id, false);
        return { provider: id, outcome: "skipped", why: "it broke", added: 0, gone: 0, entry: catalog.entry(id) };
      })
      .then((ended) => {
        running.delete(id);
        if (ended.outcome !== "skipped") started.add(id);
        return ended;
      });
    running.set(id, { trigger: order.trigger, result });
    return result;
  }

  async function runDue(only: (id: ProviderId) => boolean): Promise<readonly RefreshResult[]> {
    try {
      await catalog.pickUp();
      isStoreUp = true;
    } catch (error) {
      if (isStoreUp)
        log.warn({ error }, "The store cannot be reached; the lists in memory are served until it is back");
      isStoreUp = false;
      return [];
    }
    if (stopping.signal.aborted) return [];
    try {
      const idle = providers.filter(({ id }) => only(id) && !running.has(id));
      const orders = idle.map(({ provider }) => orderFor(provider)).filter((order) => order !== undefined);
      return await Promise.all(orders.map(run));
    } catch (error) {
      log.error({ error }, "What is due could not be told; the next tick comes in 10 s");
      return [];
    }
  }

  /** A person's wish: joins what runs, and tries itself where the clock's attempt came to nothing. */
  async function runForPerson(provider: Provider): Promise<RefreshResult> {
    const joined = running.get(provider.id);
    if (joined !== undefined) {
      const result = await joined.result;
      if (result.outcome !== "skipped" || joined.trigger === "person") return result;
      return runForPerson(provider);
    }
    return run({ provider, trigger: "person", minIntervalMs: 0, isStillWanted: () => !stopping.signal.aborted });
  }

  function refresh(trigger: Trigger, ids?: readonly ProviderId[]): Promise<readonly RefreshResult[]> {
    const isChosen = (id: ProviderId) => ids === undefined || ids.includes(id);
    if (trigger !== "person") return runDue(isChosen);
    return Promise.all(providers.filter(({ id }) => isChosen(id)).map(({ provider }) => runForPerson(provider)));
  }

  return {
    shouldAutoRefresh: () =>
      !stopping.signal.aborted && providers.some(({ id }) => !running.has(id) && regularDue(id).isDue),
    async backgroundRefreshModels() {
      await refresh("person");
      return catalog.lists();
    },
    getCachedModels: () => [catalog.lists(), isAllFresh(catalog.snapshot(), termsOf, clock.now())],
    snapshot: catalog.snapshot,
    status: () => statusOf(catalog.snapshot(), termsOf, clock.now()),
    async load() {
      await catalog.pickUp();
      isFirstStart = Object.keys(catalog.lists()).length === 0;
    },
    async tick() {
      if (!stopping.signal.aborted) await runDue(() => true);
    },
    refresh,
    noteActivity: wishes.noteActivity,
    onChange: catalog.onChange,
    stop: () => stopping.abort(new AppError("internal", "The refresh was stopped")),
  };
}
