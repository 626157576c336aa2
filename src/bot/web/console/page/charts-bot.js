import { plural, t } from "/assets/shared/translate.js";
import { barSeries, colourOf, createChart, dangerColour, lineSeries } from "./chart.js";

/** @import { SeriesView } from "./app.js" */

/** @param {readonly number[]} values */
const sum = (values) => values.reduce((total, value) => total + value, 0);

/** Answers that ended, and those that failed. */
export function createTurnsChart() {
  const chart = createChart({
    title: t`Turns per minute`,
    about: t`Answers that ended, and those of them that failed or were cut off; the last three hours.`,
    isWhole: true,
    step: 60,
  });
  return {
    element: chart.element,
    /** @param {SeriesView} series */
    show({ minutes: { at, turns, errors } }) {
      chart.show({
        data: [at, turns, errors],
        series: () => [barSeries(t`turns`, colourOf(0)), barSeries(t`errors`, dangerColour())],
        summary: t`${plural(sum(turns), "turn")} and ${plural(sum(errors), "error")} in the last three hours`,
        empty: sum(turns) === 0 ? t`No question was answered in the last three hours.` : undefined,
      });
    },
  };
}

/** @param {number | null | undefined} value */
const ms = (value) => (value === null || value === undefined ? "–" : t`${value} ms`);

/** How late the event loop was. */
export function createDelayChart() {
  const chart = createChart({
    title: t`Event-loop delay`,
    about: t`Delay of the event loop. Above 100 ms people notice.`,
    unit: ms,
    least: 50,
    isWhole: true,
  });
  /** @type {import("./chart.js").ReadValue} */
  const read = (_plot, value) => ms(value);
  return {
    element: chart.element,
    /** @param {SeriesView} series */
    show({ delay: { at, p50, p95, p99, max } }) {
      chart.show({
        data: [at, max, p99, p95, p50],
        series: () => [
          lineSeries("max", colourOf(5), read),
          lineSeries("p99", colourOf(2), read),
          lineSeries("p95", colourOf(1), read),
          lineSeries("p50", colourOf(0), read),
        ],
        summary: at.length === 0 ? "" : t`max ${ms(Math.max(...max))}, p50 now ${ms(p50.at(-1))}`,
        empty: at.length === 0 ? t`The first measurement comes in a few seconds.` : undefined,
      });
    },
  };
}
