import { plural, t } from "/assets/shared/translate.js";
import { barSeries, colourOf, createChart, dangerColour, lineSeries } from "./chart.js";

/**
 * @import { HistoryView } from "../../../observe/history.js"
 * @typedef {HistoryView["hours"][number]} Hour
 */

const HOUR_SECONDS = 3_600;
const EMPTY = t`There is no data from that time yet.`;

/** @param {number | null | undefined} value */
const ms = (value) => (value === null || value === undefined ? "–" : t`${value} ms`);
/** @type {import("./chart.js").ReadValue} */
const readMs = (_plot, value) => ms(value);

/** Turns, refreshes and delay by the hour, from what is kept in the store. */
export function createPastCharts() {
  const byHour = { isWhole: true, step: HOUR_SECONDS };
  const turns = createChart({
    ...byHour,
    title: t`Turns per hour`,
    about: t`Answers that ended, and those that failed.`,
  });
  const lists = createChart({
    ...byHour,
    title: t`Refreshes per hour`,
    about: t`Finished refreshes, and failed ones.`,
  });
  const delay = createChart({
    ...{ title: t`Event-loop delay by the hour`, about: t`The worst minute of each hour.`, unit: ms, least: 50 },
    isWhole: true,
  });
  return {
    charts: [turns, lists, delay],
    /**
     * @param {readonly Hour[]} hours
     * @param {number} count how many of the newest are shown
     */
    show(hours, count) {
      const since = (hours.at(-1)?.at ?? 0) - (count - 1) * HOUR_SECONDS * 1000;
      const shown = hours.filter(({ at }) => at >= since);
      const at = shown.map((hour) => hour.at / 1000);
      const empty = shown.length === 0 ? EMPTY : undefined;
      /** @param {(hour: Hour) => number} value */
      const column = (value) => shown.map(value);
      /** @param {(hour: Hour) => number} value */
      const sum = (value) => column(value).reduce((total, each) => total + each, 0);
      turns.show({
        data: [at, column((hour) => hour.turns), column((hour) => hour.errors)],
        series: () => [barSeries(t`turns`, colourOf(0)), barSeries(t`errors`, dangerColour())],
        summary: `${plural(
          sum((hour) => hour.turns),
          "turn",
        )}, ${plural(
          sum((hour) => hour.errors),
          "error",
        )}`,
        empty,
      });
      lists.show({
        data: [at, column((hour) => hour.refreshes), column((hour) => hour.failures)],
        series: () => [barSeries(t`refreshes`, colourOf(0)), barSeries(t`failed`, dangerColour())],
        summary: t`${plural(
          sum((hour) => hour.refreshes),
          "refresh",
          "refreshes",
        )}, ${sum((hour) => hour.failures)} failed`,
        empty,
      });
      delay.show({
        data: [
          at,
          .../** @type {const} */ (["max", "p99", "p95", "p50"]).map((key) => column((hour) => hour.delay[key])),
        ],
        series: () => [
          lineSeries("max", colourOf(5), readMs),
          lineSeries("p99", colourOf(2), readMs),
          lineSeries("p95", colourOf(1), readMs),
          lineSeries("p50", colourOf(0), readMs),
        ],
        summary: t`max ${ms(Math.max(0, ...column((hour) => hour.delay.max)))}`,
        empty,
      });
    },
  };
}
