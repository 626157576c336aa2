import { collectDefaultMetrics, Gauge, type Registry } from "prom-client";

/** The library's own 10 ms would be most of what an idle process does. */
const LOOP_STEP_MS = 100;
/** The library counts these from the start of a step. */
const LOOP_LAGS = ["min", "max", "mean", "p50", "p90", "p99"].map((name) => `nodejs_eventloop_lag_${name}_seconds`);

/** Gauges of the library that are named like counters; each has a fitting name as well. */
const MISNAMED = ["nodejs_active_handles_total", "nodejs_active_requests_total", "nodejs_active_resources_total"];

/** Adds what the library tells of the process. */
export function addProcessMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LOOP_STEP_MS });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  for (const name of LOOP_LAGS) countFromEndOfStep(registry, name);
}

function countFromEndOfStep(registry: Registry, name: string): void {
  const gauge = registry.getSingleMetric(name);
  if (!(gauge instanceof Gauge)) throw new RangeError(`no gauge ${name}`);
  const set: (labels: object, seconds: number) => void = gauge.set.bind(gauge);
  gauge.set = (labels: object | number, seconds?: number) =>
    set(Object(labels), Math.max(0, (seconds ?? 0) - LOOP_STEP_MS / 1_000));
}
