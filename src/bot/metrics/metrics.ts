import { collectDefaultMetrics, Registry } from "prom-client";
import type { Clock } from "../../clock.js";
import type { RefreshEvent, Refresher } from "../../refresh/refresher.js";
import type { PlatformObserver } from "../observe/observed-platform.js";
import type { StoreObserver } from "../observe/observed-store.js";
import type { ChatPlatform } from "../platform.js";
import type { TurnEvent } from "../turn-deps.js";
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

/** Counts what happens; label values come from closed sets and from the configured providers only. */
export function createMetrics({ refresher, platforms, load, clock }: MetricsDeps): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    ...refreshMetrics(registry, clock, refresher),
    ...turnMetrics(registry, load),
    platform: platformMetrics(registry, platforms),
    store: storeMetrics(registry),
  };
}
