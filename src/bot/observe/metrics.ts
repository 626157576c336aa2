import { collectDefaultMetrics, Registry } from "prom-client";
import type { Clock } from "../../base/clock.js";
import type { RefreshEvent, Refresher } from "../../refresh/refresher.js";
import type { ChatPlatform } from "../port/platform.js";
import type { TurnEvent } from "../turn/turn-deps.js";
import type { PlatformObserver } from "./observed-platform.js";
import type { StoreObserver } from "./observed-store.js";
import { platformMetrics } from "./platform-metrics.js";
import { refreshMetrics } from "./refresh-metrics.js";
import { storeMetrics } from "./store-metrics.js";
import { turnMetrics } from "./turn-metrics.js";

export interface Metrics {
  readonly contentType: string;
  /** Prometheus text. */
  text(): Promise<string>;
  onRefresh(event: RefreshEvent): void;
  onTurn(event: TurnEvent): void;
  readonly platform: PlatformObserver;
  readonly store: StoreObserver;
}

export interface MetricsDeps {
  readonly refresher: () => Refresher;
  readonly platforms: () => readonly ChatPlatform[];
  /** Answers that run or wait. */
  readonly load: () => number;
  readonly clock: Clock;
}

/** Gauges of the library's that are named like counters; each stands there under a fitting name as well. */
const MISNAMED = ["nodejs_active_handles_total", "nodejs_active_requests_total", "nodejs_active_resources_total"];

/** Counts what happens; label values come from closed sets and from the configured providers only. */
export function createMetrics({ refresher, platforms, load, clock }: MetricsDeps): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  return {
    contentType: registry.contentType,
    // The library writes "Nan" for what it has no value of, as for the delay between two scrapes in one moment.
    text: async () => (await registry.metrics()).replaceAll(/ Nan$/gm, " NaN"),
    ...refreshMetrics(registry, clock, refresher),
    ...turnMetrics(registry, load),
    platform: platformMetrics(registry, platforms),
    store: storeMetrics(registry),
  };
}
