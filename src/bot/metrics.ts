import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Clock } from "../clock.js";
import type { RefreshEvent, Refresher } from "../refresh/refresher.js";
import type { TurnEvent } from "./turn-deps.js";

export interface Metrics {
  readonly contentType: string;
  /** Prometheus text. */
  text(): Promise<string>;
  onRefresh(event: RefreshEvent): void;
  onTurn(event: TurnEvent): void;
}

/** Seconds; a list's deadline is 10 s by default, an answer may take minutes. */
const REFRESH_BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const TURN_BUCKETS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 180];

/** Counts what happens; label values come from closed sets and from the configured providers only. */
export function createMetrics(deps: {
  readonly refresher: () => Refresher;
  readonly load: () => number;
  readonly clock: Clock;
}): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const refreshes = new Counter({
    name: "evergreen_refreshes_total",
    help: "Finished refreshes of a provider's model list",
    labelNames: ["provider", "trigger", "outcome"],
    registers,
  });
  const refreshSeconds = new Histogram({
    name: "evergreen_refresh_duration_seconds",
    help: "Time that a refresh of a provider's model list took",
    labelNames: ["provider"],
    buckets: REFRESH_BUCKETS,
    registers,
  });
  const turns = new Counter({
    name: "evergreen_turns_total",
    help: "Answered questions by how the answer ended",
    labelNames: ["platform", "provider", "ending"],
    registers,
  });
  const firstText = new Histogram({
    name: "evergreen_first_text_seconds",
    help: "Time from the start of a turn to the first text of its answer",
    labelNames: ["provider"],
    buckets: TURN_BUCKETS,
    registers,
  });
  new Gauge({
    name: "evergreen_list_age_seconds",
    help: "Age of a provider's last good model list",
    labelNames: ["provider"],
    registers,
    collect() {
      this.reset();
      for (const { id, fetchedAt } of deps.refresher().status().providers) {
        if (fetchedAt !== null) this.set({ provider: id }, (deps.clock.now() - fetchedAt) / 1000);
      }
    },
  });
  new Gauge({
    name: "evergreen_models",
    help: "Chat models on a provider's list",
    labelNames: ["provider"],
    registers,
    collect() {
      for (const { id, models } of deps.refresher().status().providers) this.set({ provider: id }, models);
    },
  });
  new Gauge({
    name: "evergreen_turns_open",
    help: "Questions that are being answered or wait in line",
    registers,
    collect() {
      this.set(deps.load());
    },
  });
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    onRefresh({ provider, trigger, outcome, durationMs }) {
      refreshes.inc({ provider, trigger, outcome });
      refreshSeconds.observe({ provider }, durationMs / 1000);
    },
    onTurn({ platform, provider, ending, firstTextMs }) {
      turns.inc({ platform, provider: provider ?? "none", ending });
      if (firstTextMs !== null) firstText.observe({ provider: provider ?? "none" }, firstTextMs / 1000);
    },
  };
}
