import { createCanvas, GlobalFonts, loadImage } from "@napi-rs/canvas";
import { describe, expect, it } from "vitest";
import type { BarChart } from "../../../src/usage/chart/chart.js";
import { palette, tones } from "../../../src/usage/chart/chart-options.js";
import { findChartFonts } from "../../../src/usage/chart/chart-painter.js";
import { loadDrawChart } from "../../../src/usage/chart/draw-chart.js";

const chart: BarChart = {
  title: "Tokens by model, today",
  parts: [
    { label: "input", tone: "main" },
    { label: "output", tone: "accent" },
  ],
  bars: [
    { label: "openai/gpt-5", values: [300, 100], note: "400 · $0.04" },
    { label: "日本語", values: [100, 0], note: "100 · unknown" },
  ],
  isTimeline: false,
};

/** How many pixels have each colour, as "#rrggbb"; transparent ones under "". */
async function coloursOf(png: Uint8Array) {
  const image = await loadImage(Buffer.from(png));
  const context = createCanvas(image.width, image.height).getContext("2d");
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  const counts = new Map<string, number>();
  for (let at = 0; at < data.length; at += 4) {
    const colour = data[at + 3] === 0 ? "" : `#${Buffer.from(data.subarray(at, at + 3)).toString("hex")}`;
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  return { width: image.width, height: image.height, of: (colour: string) => counts.get(colour) ?? 0 };
}

describe("loadDrawChart(findChartFonts())", () => {
  it("draws a card with round corners, and bars as long as their values", async () => {
    const draw = await loadDrawChart(findChartFonts());
    const colours = await coloursOf(await draw(chart));
    expect([colours.width, colours.height]).toEqual([1360, 440]);
    expect(colours.of("")).toBeGreaterThan(0);
    expect(colours.of(palette.card)).toBeGreaterThan(200_000);
    // 300 + 100 of the one part, 100 of the other.
    expect(colours.of(tones.main) / colours.of(tones.accent)).toBeCloseTo(4, 0);
    expect(colours.of(tones.faded)).toBe(0);
  });

  it("draws its words with the fonts that it brings", async () => {
    const draw = await loadDrawChart(findChartFonts());
    for (const script of ["latin", "latin-ext", "cyrillic", "cyrillic-ext", "greek", "vietnamese"])
      expect(GlobalFonts.has(`Inter ${script}`), script).toBe(true);
    const plain = { ...chart, bars: chart.bars.map((bar) => ({ ...bar, label: "", note: "" })) };
    const [written, empty] = await Promise.all([chart, plain].map(async (drawn) => coloursOf(await draw(drawn))));
    expect(written?.of(palette.text)).toBeGreaterThan((empty?.of(palette.text) ?? 0) + 200);
    expect(written?.of(palette.quiet)).toBeGreaterThan((empty?.of(palette.quiet) ?? 0) + 200);
  });

  it("draws a timeline, also one without any use", async () => {
    const draw = await loadDrawChart(findChartFonts());
    const bars = Array.from({ length: 31 }, (_, day) => ({ label: `Jan ${day + 1}`, values: [day, 1], note: "" }));
    const used = await coloursOf(await draw({ ...chart, bars, isTimeline: true }));
    expect([used.width, used.height]).toEqual([1360, 640]);
    expect(used.of(tones.main)).toBeGreaterThan(used.of(tones.accent));
    const none = bars.map((bar) => ({ ...bar, values: [0, 0] }));
    expect((await coloursOf(await draw({ ...chart, bars: none, isTimeline: true }))).of(palette.card)).toBeGreaterThan(
      0,
    );
  });
});
