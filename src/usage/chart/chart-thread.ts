import { Worker } from "node:worker_threads";
import { AppError } from "../../base/errors.js";
import { findChartFonts } from "./chart-fonts.js";
import type { ChartOrder, ChartResult } from "./chart-worker.js";
import type { DrawChart } from "./draw-chart.js";

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
