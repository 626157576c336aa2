import { monitorEventLoopDelay } from "node:perf_hooks";

/** How much later than wanted the event loop came round, in ms. */
export interface LoopDelay {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** Node counts from the start of each of these steps. Shorter ones would wake an idle process more often. */
const RESOLUTION_MS = 100;

export interface LoopDelayMeter {
  /** The delays since the previous reading. */
  read(): LoopDelay;
  stop(): void;
}

/** Measures from now on. */
export function createLoopDelayMeter(): LoopDelayMeter {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  const inMs = (nanoseconds: number) => Math.max(0, Math.round((nanoseconds / 1e6 - RESOLUTION_MS) * 10) / 10);
  return {
    read() {
      const delay = {
        p50: inMs(histogram.percentile(50)),
        p95: inMs(histogram.percentile(95)),
        p99: inMs(histogram.percentile(99)),
        max: histogram.count === 0 ? 0 : inMs(histogram.max),
      };
      histogram.reset();
      return delay;
    },
    stop: () => void histogram.disable(),
  };
}
