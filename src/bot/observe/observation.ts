import type { RefreshEvent } from "../../refresh/refresher.js";
import type { Store } from "../../store/store.js";
import type { ChatPlatform } from "../port/platform.js";
import type { TurnEvent } from "../turn/turn-deps.js";
import { type Activity, createActivity } from "./activity.js";
import { createLoopDelayMeter } from "./loop-delay.js";
import { createMetrics, type Metrics, type MetricsDeps } from "./metrics.js";
import { observedPlatform } from "./observed-platform.js";
import { observedStore } from "./observed-store.js";
import { createSeries, type Series } from "./series.js";

/** Everything that watches a running bot: the metrics, and what the console shows. */
export interface Observation {
  readonly metrics: Metrics;
  readonly activity: Activity;
  readonly series: Series;
  /** The same, and watched. */
  ofStore(store: Store): Store;
  ofPlatform(platform: ChatPlatform): ChatPlatform;
  onTurn(event: TurnEvent): void;
  onRefresh(event: RefreshEvent): void;
  stop(): void;
}

export function createObservation(deps: MetricsDeps): Observation {
  const metrics = createMetrics(deps);
  const activity = createActivity(deps.clock.now);
  const delay = createLoopDelayMeter();
  const series = createSeries({ ...deps, readDelay: delay.read });
  return {
    metrics,
    activity,
    series,
    ofStore: (store) => observedStore(observedStore(store, metrics.store), activity.store),
    ofPlatform: (platform) => observedPlatform(observedPlatform(platform, metrics.platform), activity.platform),
    onTurn(event) {
      metrics.onTurn(event);
      series.onTurn(event);
    },
    onRefresh(event) {
      metrics.onRefresh(event);
      series.onRefresh(event);
    },
    stop: delay.stop,
  };
}
