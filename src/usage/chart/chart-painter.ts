import { messageOf } from "../../base/errors.js";
import type { Log } from "../../base/log.js";
import type { BarChart } from "./chart.js";
import { loadChartThread } from "./chart-thread.js";
import type { DrawChart } from "./draw-chart.js";

export interface ChartPainter {
  /** The chart as PNG; undefined where this machine cannot draw it. Never rejects. */
  paint(chart: BarChart): Promise<Uint8Array | undefined>;
}

export interface ChartPainterDeps {
  readonly log: Pick<Log, "warn">;
  /** Loads what draws; the real one unless given. */
  load?(): Promise<DrawChart>;
}

/** Loads what draws for the first chart, so that a bot that is never asked for one does without them. */
export function createChartPainter({ log, load = loadChartThread }: ChartPainterDeps): ChartPainter {
  let loading: Promise<DrawChart> | undefined;
  return {
    async paint(chart) {
      try {
        loading ??= load();
        const draw = await loading;
        return await draw(chart);
      } catch (error) {
        log.warn({ error: messageOf(error) }, "a chart could not be drawn; its bars are shown as text");
        return undefined;
      }
    },
  };
}
