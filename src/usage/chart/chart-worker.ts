import { parentPort, workerData } from "node:worker_threads";
import { messageOf } from "../../base/errors.js";
import type { BarChart } from "./chart.js";
import { type ChartFont, type DrawChart, loadDrawChart } from "./draw-chart.js";

/** A chart to be drawn, and what became of it. */
export interface ChartOrder {
  readonly id: number;
  readonly chart: BarChart;
}
export type ChartResult =
  | { readonly id: number; readonly bytes: Uint8Array }
  | { readonly id: number; readonly fault: string };

let loading: Promise<DrawChart> | undefined;

async function draw({ id, chart }: ChartOrder): Promise<ChartResult> {
  try {
    loading ??= loadDrawChart(workerData as readonly ChartFont[]);
    return { id, bytes: await (await loading)(chart) };
  } catch (error) {
    return { id, fault: messageOf(error) };
  }
}

parentPort?.on("message", async (order: ChartOrder) => parentPort?.postMessage(await draw(order)));
