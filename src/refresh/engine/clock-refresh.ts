import type { Clock } from "../../base/clock.js";
import type { Log } from "../../base/log.js";
import type { Provider, ProviderId } from "../../providers/provider.js";
import type { Catalog } from "../catalog/catalog.js";
import type { DueVerdict, Occasion } from "../decide/due.js";
import type { RefreshOrder } from "../fetch/refresh-one.js";
import type { Runs } from "../fetch/runs.js";
import type { RefreshResult } from "../refresher.js";
import type { Settings } from "../settings.js";
import type { StoreWatch } from "./status.js";

export interface ClockRefreshDeps {
  readonly providers: readonly { readonly id: ProviderId; readonly provider: Provider }[];
  readonly settings: Settings;
  readonly catalog: Catalog;
  readonly runs: Runs;
  readonly watch: StoreWatch;
  readonly clock: Clock;
  readonly log: Log;
  /** Aborts at the shutdown. */
  readonly signal: AbortSignal;
  judge(occasion: Occasion, provider: ProviderId): DueVerdict;
  /** Epoch ms at which a provider is due by the clock; null where it never is. */
  dueAt(provider: ProviderId): number | null;
}

/** The time from one tick to the next. */
const TICK_MS = 10_000;

/** Refreshes that the start and the clock ask for. */
export function createClockRefresh(deps: ClockRefreshDeps) {
  const { providers, settings, catalog, runs, watch, clock, log, signal, judge, dueAt } = deps;
  const orders = createOrders(judge);

  /** Takes over what other replicas have stored. */
  async function readStore(): Promise<boolean> {
    try {
      await Promise.all([catalog.pickUp(), settings.load()]);
      watch.note("reading");
      return !signal.aborted;
    } catch (error) {
      watch.note("reading", error);
      return false;
    }
  }

  async function refreshDue(only: readonly ProviderId[] | undefined): Promise<readonly RefreshResult[]> {
    try {
      const due = providers.flatMap(({ id, provider }) => {
        const isAsked = (only?.includes(id) ?? true) && !runs.isRunning(id);
        return (isAsked ? orders.orderFor(provider) : undefined) ?? [];
      });
      return await Promise.all(due.map(runs.start));
    } catch (error) {
      log.error({ error }, "refresh: judging what is due failed, retrying at the next tick");
      return [];
    }
  }

  const run = async (only?: readonly ProviderId[]) => ((await readStore()) ? refreshDue(only) : []);

  /** Refreshes what comes due until then at its own time: at the tick after it, each would come up to 10 s late. */
  async function refreshUntil(endsAt: number): Promise<void> {
    for (;;) {
      const now = clock.now();
      const times = providers.map(({ id }) => dueAt(id) ?? endsAt).filter((at) => at > now);
      const nextAt = Math.min(endsAt, ...times);
      if (nextAt >= endsAt) return;
      await clock.sleep(nextAt - now, signal);
      void run();
    }
  }

  return {
    ...orders,
    /** Takes over what other replicas have stored, then refreshes what is due, of these or all. Never rejects. */
    run,
    /** Does that for all, and until the next tick for each provider that comes due. Never rejects. */
    async tick(): Promise<void> {
      const endsAt = clock.now() + TICK_MS;
      if (!(await readStore())) return;
      const refreshing = refreshDue(undefined);
      // It ends with the shutdown; whatever else fails there fails at the tick too, which logs it.
      refreshUntil(endsAt).catch(() => {});
      await refreshing;
    },
  };
}

/** What is to be done about a provider now: at first as the start asks for it, then as the clock does. */
function createOrders(judge: ClockRefreshDeps["judge"]) {
  /** Providers that the start is over for. */
  const started = new Set<ProviderId>();
  let startOccasion: "start" | "first-start" = "start";
  const order = (trigger: "start" | "timer", occasion: Occasion, provider: Provider): RefreshOrder | undefined => {
    const { isDue, minIntervalMs, minIntervalAfterLossMs } = judge(occasion, provider.id);
    const isStillWanted = () => judge(occasion, provider.id).isDue;
    return isDue ? { provider, trigger, minIntervalMs, minIntervalAfterLossMs, isStillWanted } : undefined;
  };
  return {
    markStarted: (id: ProviderId) => void started.add(id),
    /** No provider has a list yet. */
    markFirstStart() {
      startOccasion = "first-start";
    },
    /** Undefined where the provider is not due. */
    orderFor(provider: Provider): RefreshOrder | undefined {
      if (!started.has(provider.id)) {
        const atStart = order("start", startOccasion, provider);
        if (atStart !== undefined) return atStart;
        started.add(provider.id);
      }
      return order("timer", "timer", provider);
    },
  };
}
