import { describe, expect, it } from "vitest";
import { chartOptions } from "../../../src/usage/chart/chart-options.js";

const bars = [
  { label: "openai/gpt-5", values: [300, 100], note: "400" },
  { label: "日本語", values: [0, 0], note: "" },
];
const parts = [
  { label: "input", tone: "main" },
  { label: "output", tone: "accent" },
] as const;
const optionsOf = (isTimeline: boolean) => chartOptions({ title: "T", parts, bars, isTimeline }, '"Ours"').options;

describe("chartOptions()", () => {
  it("names the given font for every word that it has drawn", () => {
    const options = optionsOf(false);
    const fonts = [
      options?.plugins?.title?.font,
      options?.plugins?.legend?.labels?.font,
      options?.scales?.x?.ticks?.font,
      options?.scales?.y?.ticks?.font,
    ];
    expect(fonts).toEqual(fonts.map(() => expect.objectContaining({ family: '"Ours"' })));
  });

  it("lays bars below each other, as long as the largest allows, and days side by side", () => {
    expect(optionsOf(false)).toMatchObject({ indexAxis: "y", scales: { x: { max: 400 } } });
    expect(optionsOf(true)).toMatchObject({ indexAxis: "x" });
    expect(optionsOf(true)?.scales?.y).not.toHaveProperty("max");
  });

  it("numbers what the font cannot draw", () => {
    const { data } = chartOptions({ title: "T", parts, bars, isTimeline: false }, "");
    expect(data.labels).toEqual(["openai/gpt-5", "no. 2"]);
    expect(data.datasets.map(({ label, data }) => [label, data])).toEqual([
      ["input", [300, 0]],
      ["output", [100, 0]],
    ]);
  });

  it("keeps an axis where nothing was used", () => {
    const none = bars.map((bar) => ({ ...bar, values: [0, 0] }));
    const { options } = chartOptions({ title: "T", parts, bars: none, isTimeline: false }, "");
    expect(options?.scales?.x).toMatchObject({ max: 1 });
  });
});
