import { readFileSync } from "node:fs";
import type { ChartItem } from "chart.js";
import type { BarChart } from "./chart.js";
import { chartOptions } from "./chart-options.js";

/** In CSS pixels; Discord and Slack show a picture some 550 wide. */
const WIDTH = 680;
const TIMELINE_HEIGHT = 320;
const BAR_HEIGHT = 40;
/** Title, legend and axis. */
const FRAME_HEIGHT = 140;

/** A machine without a screen has no fonts: these come with the bot. */
export interface ChartFont {
  readonly family: string;
  readonly file: string;
}

/** Draws a chart as PNG, which is packed on another thread. @throws {Error} when it cannot be drawn */
export type DrawChart = (chart: BarChart) => Promise<Uint8Array>;

/** Loads the libraries, which takes some 100 ms and 40 MB. @throws {Error} where there is no build for this machine */
export async function loadDrawChart(fonts: readonly ChartFont[]): Promise<DrawChart> {
  const [
    { createCanvas, GlobalFonts },
    { BarController, BarElement, CategoryScale, Chart, Legend, LinearScale, Title },
  ] = await Promise.all([import("@napi-rs/canvas"), import("chart.js")]);
  for (const { family, file } of fonts) GlobalFonts.register(readFileSync(file), family);
  const families = fonts.map(({ family }) => `"${family}"`).join(", ");
  Chart.register(BarController, BarElement, CategoryScale, Legend, LinearScale, Title);
  return async (chart) => {
    const height = chart.isTimeline ? TIMELINE_HEIGHT : FRAME_HEIGHT + chart.bars.length * BAR_HEIGHT;
    const canvas = createCanvas(WIDTH, height);
    // Chart.js is typed for the canvas of a browser.
    const context = canvas.getContext("2d") as unknown as ChartItem;
    const drawn = new Chart(context, chartOptions(chart, families));
    try {
      return await canvas.encode("png");
    } finally {
      drawn.destroy();
    }
  };
}
