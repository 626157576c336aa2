import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { AppError, messageOf } from "../../base/errors.js";
import type { Log } from "../../base/log.js";
import type { BarChart } from "./chart.js";
import type { ChartOrder, ChartResult } from "./chart-worker.js";
import type { ChartFont, DrawChart } from "./draw-chart.js";

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

interface Waiting {
  resolve(bytes: Uint8Array): void;
  reject(error: Error): void;
}

/**
 * Draws charts in another thread, so that no chart holds a chat up. It starts with the first one, stays for the next,
 * keeps no process alive, and is started again where it has ended.
 */
export async function loadChartThread(): Promise<DrawChart> {
  const fonts = findChartFonts();
  const waiting = new Map<number, Waiting>();
  let worker: Worker | undefined;
  let charts = 0;

  const start = (): Worker => {
    const terms = { argv: [], execArgv: [], workerData: fonts };
    const started = new Worker(new URL("./chart-worker.js", import.meta.url), terms);
    const fail = () => {
      if (worker === started) worker = undefined;
      for (const { reject } of waiting.values()) reject(new AppError("internal", "the thread that draws charts ended"));
      waiting.clear();
    };
    started.unref();
    return started
      .on("message", (result: ChartResult) => {
        const chart = waiting.get(result.id);
        waiting.delete(result.id);
        if (waiting.size === 0) started.unref();
        if ("bytes" in result) chart?.resolve(result.bytes);
        else chart?.reject(new AppError("internal", result.fault));
      })
      .on("error", fail)
      .on("exit", fail);
  };
  return (chart) =>
    new Promise((resolve, reject) => {
      worker ??= start();
      worker.ref(); // whoever waits for it may have nothing else to wait for
      const id = charts++;
      waiting.set(id, { resolve, reject });
      worker.postMessage({ id, chart } satisfies ChartOrder);
    });
}

/** A file for each script. */
const SCRIPTS = ["latin", "latin-ext", "cyrillic", "cyrillic-ext", "greek", "vietnamese"];

/** Finds the fonts that come with the bot. @throws {Error} where they are not installed */
export function findChartFonts(): readonly ChartFont[] {
  const { resolve } = createRequire(import.meta.url);
  return SCRIPTS.map((script) => ({
    family: `Inter ${script}`,
    file: resolve(`@fontsource-variable/inter/files/inter-${script}-wght-normal.woff2`),
  }));
}
