import { createRequire } from "node:module";
import type { ChartFont } from "./draw-chart.js";

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
