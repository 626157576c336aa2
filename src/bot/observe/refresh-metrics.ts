import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { Clock } from "../../base/clock.js";
import type { RefreshEvent, Refresher } from "../../refresh/refresher.js";

/** Seconds; a list's deadline is 10 s by default. */
const BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Model lists: how refreshes end, how long they take, how old and how long the lists are. */
export function refreshMetrics(registry: Registry, clock: Clock, refresher: () => Refresher) {
  const registers = [registry];
  const labelNames = ["provider"] as const;
  const refreshes = new Counter({
    name: "evergreen_refreshes_total",
    help: "Finished refreshes of a provider's model list",
    labelNames: ["provider", "trigger", "outcome"],
    registers,
  });
  const seconds = new Histogram({
    name: "evergreen_refresh_duration_seconds",
    help: "Time that a refresh of a provider's model list took",
    labelNames,
    buckets: BUCKETS,
    registers,
  });
  const providers = () => refresher().status().providers;
  new Gauge({
    name: "evergreen_list_age_seconds",
    help: "Age of a provider's last good model list",
    labelNames,
    registers,
    collect() {
      this.reset();
      for (const { id, fetchedAt } of providers()) {
        if (fetchedAt !== null) this.set({ provider: id }, (clock.now() - fetchedAt) / 1000);
      }
    },
  });
  new Gauge({
    name: "evergreen_list_fresh",
    help: "1 while a provider's model list counts as fresh, else 0",
    labelNames,
    registers,
    collect() {
      for (const { id, isFresh } of providers()) this.set({ provider: id }, isFresh ? 1 : 0);
    },
  });
  new Gauge({
    name: "evergreen_refresh_failures_in_row",
    help: "Failed refreshes of a provider's model list since its last success",
    labelNames,
    registers,
    collect() {
      for (const { id, consecutiveFailures } of providers()) this.set({ provider: id }, consecutiveFailures);
    },
  });
  new Gauge({
    name: "evergreen_models",
    help: "Chat models on a provider's list",
    labelNames,
    registers,
    collect() {
      for (const { id, models } of providers()) this.set({ provider: id }, models);
    },
  });
  return {
    onRefresh({ provider, trigger, outcome, durationMs }: RefreshEvent): void {
      refreshes.inc({ provider, trigger, outcome });
      seconds.observe({ provider }, durationMs / 1000);
    },
  };
}
