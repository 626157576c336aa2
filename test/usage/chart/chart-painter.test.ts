import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import type { BarChart } from "../../../src/usage/chart/chart.js";
import { createChartPainter } from "../../../src/usage/chart/chart-painter.js";
import type { DrawChart } from "../../../src/usage/chart/draw-chart.js";

const chart: BarChart = { title: "T", parts: [], bars: [], isTimeline: false };

function world(load?: () => Promise<DrawChart>) {
  const logged: object[] = [];
  const painter = createChartPainter({
    log: { warn: (fields: object) => void logged.push(fields) },
    ...(load && { load }),
  });
  return { painter, logged };
}

describe("createChartPainter()", () => {
  it("gives a PNG", async () => {
    const png = await world().painter.paint({ ...chart, bars: [{ label: "a", values: [], note: "" }] });
    expect(
      Buffer.from(png ?? [])
        .subarray(1, 4)
        .toString(),
    ).toBe("PNG");
  });

  it("loads what draws for the first chart, and once", async () => {
    let loads = 0;
    const { painter } = world(async () => {
      loads += 1;
      return async () => new Uint8Array([loads]);
    });
    expect(loads).toBe(0);
    await Promise.all([painter.paint(chart), painter.paint(chart)]);
    expect(await painter.paint(chart)).toEqual(new Uint8Array([1]));
  });

  it("costs a bot that is never asked for a chart nothing", () => {
    const code = `const hasSkia = () => process.report.getReport().sharedObjects.some((path) => path.includes("skia"));
      await import("./dist/modules/app.js");
      const { createChartPainter } = await import("./dist/modules/usage/chart/chart-painter.js");
      const painter = createChartPainter({ log: console });
      const before = hasSkia();
      await painter.paint({ title: "", parts: [], bars: [], isTimeline: false });
      console.log(before, hasSkia());`;
    const printed = execFileSync(process.execPath, ["--input-type=module", "-e", code], { encoding: "utf8" });
    expect(printed.trim()).toBe("false true");
  });

  it("gives nothing and says why where the machine cannot draw", async () => {
    const { painter, logged } = world(() => Promise.reject(new Error("no build for this machine")));
    expect(await painter.paint(chart)).toBeUndefined();
    expect(logged).toEqual([{ error: "no build for this machine" }]);
  });

  it("gives nothing where one chart cannot be drawn, and draws the next", async () => {
    const { painter } = world(async () => async ({ title }) => {
      if (title === "bad") throw new Error("bad chart");
      return new Uint8Array([7]);
    });
    expect(await painter.paint({ ...chart, title: "bad" })).toBeUndefined();
    expect(await painter.paint(chart)).toEqual(new Uint8Array([7]));
  });
});
