import { make } from "/assets/shared/elements.js";
import { clockWords } from "/assets/shared/time.js";
import { t } from "/assets/shared/translate.js";
import uPlot from "/assets/vendor/uplot.mjs";

/**
 * @import { AlignedData, Axis, Options, Series } from "/assets/vendor/uplot.mjs"
 * @typedef {(plot: uPlot, value: number | null, series: number, at: number | null) => string} ReadValue
 * @typedef {readonly (readonly (number | null | undefined)[])[]} Columns the first one holds the times
 * @typedef {object} Drawing
 * @property {Columns} data
 * @property {() => Series[]} series
 * @property {string} summary what it says in words, for who cannot see it
 * @property {string | undefined} empty what it says where there is nothing to draw
 */

const HEIGHT = 220;
const COLOURS = 8;
/** A bot that has just begun shows this much time. */
const SHORTEST_SECONDS = 600;
const DAY_SECONDS = 86_400;
const WHOLE_STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];

/**
 * A colour of the theme as it is now; a canvas knows no `light-dark()`.
 * @param {string} name
 */
function css(name) {
  const probe = make("span");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
/**
 * The colour of the nth series.
 * @param {number} index
 */
export const colourOf = (index) => css(`--chart-${(index % COLOURS) + 1}`);
export const dangerColour = () => css("--danger");

const bars = uPlot.paths.bars?.({ size: [0.8, 40] });

/** @typedef {(label: string, stroke: string, value?: ReadValue) => Series} MakeSeries */

/**
 * Reads the newest value where the cursor is not on the chart.
 * @param {ReadValue} [read]
 * @returns {ReadValue}
 */
const orNewest =
  (read = (_plot, value) => (value === null ? "–" : String(value))) =>
  (plot, _value, series, at) => {
    const index = at ?? (plot.data[0]?.length ?? 0) - 1;
    return read(plot, plot.data[series]?.[index] ?? null, series, index);
  };

/** @type {MakeSeries} */
export const barSeries = (label, stroke, value) => ({
  label,
  value: orNewest(value),
  stroke,
  fill: stroke,
  width: 0,
  ...(bars && { paths: bars }),
  points: { show: false },
});
/** @type {MakeSeries} */
export const lineSeries = (label, stroke, value) => ({
  label,
  value: orNewest(value),
  stroke,
  width: 2,
  spanGaps: false,
  points: { size: 4 },
});
/** @type {MakeSeries} */
export const pointSeries = (label, stroke, value) => ({
  label,
  value: orNewest(value),
  stroke,
  width: 0,
  paths: () => null,
  points: { show: true, size: 7, fill: stroke },
});

/**
 * A titled chart that grows with its frame and changes with the theme.
 * @param {object} terms
 * @param {string} terms.title
 * @param {string} terms.about
 * @param {(value: number) => string} [terms.unit]
 * @param {number} [terms.least] the smallest top of its scale
 * @param {boolean} [terms.isWhole] whether its scale has whole numbers only
 * @param {number} [terms.step] how many seconds a bar stands for
 * @param {readonly HTMLElement[]} [terms.extra] controls above it
 */
export function createChart({ title, about, unit = String, least = 4, isWhole = false, step = 0, extra = [] }) {
  const plotFrame = make("div", { className: "plot", role: "img", "aria-label": t`${title}: loading` });
  const words = make("p", { className: "chart-words empty" }, t`Loading…`);
  const element = make(
    "figure",
    { className: "card chart" },
    make("figcaption", {}, make("h3", {}, title), make("p", { className: "about" }, about)),
    ...extra,
    words,
    plotFrame,
  );
  /** @type {uPlot | undefined} */
  let plot;
  /** @type {Drawing | undefined} */
  let last;
  /** @type {string | undefined} */
  let shape;

  const isByDay = step === DAY_SECONDS;
  /**
   * The time of the point under the cursor, or of the newest one, in the legend.
   * @type {(plot: uPlot, seconds: number | null | undefined) => string}
   */
  const timeWords = (plot, seconds) => {
    const at = new Date((seconds ?? plot.data[0]?.at(-1) ?? 0) * 1000);
    return isByDay ? at.toISOString().slice(0, 10) : clockWords(at.getTime());
  };
  /** @type {(series: Series[]) => Options} */
  const options = (series) => ({
    width: Math.max(plotFrame.clientWidth, 240),
    height: HEIGHT,
    // Days are those of UTC, wherever the reader is.
    ...(isByDay && { tzDate: (/** @type {number} */ seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC") }),
    cursor: { y: false, drag: { x: false, y: false } },
    legend: { live: true },
    scales: {
      x: { time: true, range: (plot) => timeRange(plot.data[0], step) },
      y: { range: (_plot, _low, high) => [0, Math.max(high * 1.08, least)] },
    },
    axes: [
      axis({ values: isByDay ? "{MMM} {D}" : "{HH}:{mm}", space: 60, size: 32 }),
      axis({
        values: (_plot, ticks) => ticks.map((tick) => unit(tick)),
        size: 62,
        ...(isWhole ? { incrs: WHOLE_STEPS } : {}),
      }),
    ],
    series: [{ label: isByDay ? t`Day` : t`Time`, value: timeWords }, ...series],
  });
  /** @type {(given: Axis) => Axis} */
  const axis = (given) => ({
    stroke: css("--quiet"),
    grid: { stroke: css("--line"), width: 1 },
    ticks: { show: false },
    font: "12px system-ui, sans-serif",
    ...given,
  });
  const draw = () => {
    if (last === undefined) return;
    const { data, series, summary, empty } = last;
    const isEmpty = empty !== undefined;
    words.hidden = !isEmpty;
    words.textContent = empty ?? "";
    plotFrame.hidden = isEmpty;
    plotFrame.setAttribute("aria-label", `${title}: ${empty ?? summary}`);
    if (isEmpty) return;
    const made = series();
    const wanted = JSON.stringify(made.map(({ label, stroke }) => [label, stroke]));
    if (plot !== undefined && wanted === shape) return plot.setData(/** @type {AlignedData} */ (data));
    plot?.destroy();
    shape = wanted;
    plot = new uPlot(options(made), /** @type {AlignedData} */ (data), plotFrame);
  };
  const redraw = () => {
    shape = undefined; // other colours
    draw();
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  new ResizeObserver(() => {
    if (plot !== undefined && plotFrame.clientWidth > 0) plot.setSize({ width: plotFrame.clientWidth, height: HEIGHT });
  }).observe(plotFrame);
  return {
    element,
    /** @param {Drawing} given */
    show(given) {
      last = given;
      draw();
    },
  };
}

/**
 * The times of the axis, from the data alone: for one point the library takes a whole day. A bar stands on the middle of
 * its step.
 * @param {ArrayLike<number>} times
 * @param {number} step
 * @returns {[number, number]}
 */
function timeRange(times, step) {
  const [first, last] = [times[0] ?? 0, times[times.length - 1] ?? 0];
  const shortest = step === DAY_SECONDS ? 0 : SHORTEST_SECONDS;
  return [Math.min(first, last - shortest) - step / 2, last + step / 2];
}

/**
 * Columns for bars that stand on each other: each is the sum of itself and those below it, the tallest first, so that
 * the shorter ones are drawn over it. `own` has the values of the columns themselves, in the order of `sums`.
 * @param {readonly (readonly (number | null)[])[]} columns
 */
export function stacked(columns) {
  /** @type {number[][]} */
  const sums = [];
  columns.forEach((column, index) => {
    sums.push(column.map((value, at) => (value ?? 0) + (sums[index - 1]?.[at] ?? 0)));
  });
  return { sums: sums.reverse(), own: [...columns].reverse() };
}
