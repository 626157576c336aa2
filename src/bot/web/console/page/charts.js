import { byId } from "/assets/shared/elements.js";
import { t } from "/assets/shared/translate.js";
import { createDelayChart, createTurnsChart } from "./charts-bot.js";
import { createAgesChart, createDurationsChart, createOutcomesChart } from "./charts-lists.js";
import { createPastCharts } from "./charts-past.js";
import { createUsageChart } from "./charts-usage.js";
import { compactNumber, money } from "./format.js";

/**
 * @import { HistoryView } from "../../../observe/history.js"
 * @import { SeriesView, UsageView } from "./app.js"
 */

/** Longer ranges are shown by the hour. */
const LIVE_HOURS = 3;

/**
 * All charts of the console, in the order in which an operator looks at them.
 * @param {HTMLElement} grid
 */
export function createCharts(grid) {
  const ranged = [createTurnsChart(), createOutcomesChart(), createDelayChart()];
  const live = [createDurationsChart(), createAgesChart()];
  const past = createPastCharts();
  const range = byId("range", HTMLSelectElement);
  /** @type {HistoryView["hours"]} */
  let hours = [];
  const tokens = createUsageChart({
    title: t`Tokens per day`,
    about: t`Input and output, by model, of the last 30 days (UTC).`,
    key: "tokens",
    unit: compactNumber,
  });
  const cost = createUsageChart({
    title: t`Cost per day`,
    about: t`In US dollars, by model, where the price is known.`,
    key: "costUsd",
    unit: money,
  });
  grid.append(...[...ranged, ...past.charts, ...live, tokens, cost].map(({ element }) => element));
  const showRange = () => {
    const isLive = Number(range.value) === LIVE_HOURS;
    for (const { element } of ranged) element.hidden = !isLive;
    for (const { element } of past.charts) element.hidden = isLive;
    if (!isLive) past.show(hours, Number(range.value));
  };
  range.addEventListener("change", showRange);
  showRange();
  return {
    /** @param {SeriesView} series */
    showSeries(series) {
      for (const chart of [...ranged, ...live]) chart.show(series);
    },
    /** @param {HistoryView["hours"]} given */
    showHours(given) {
      hours = given;
      showRange();
    },
    /** @param {UsageView} usage */
    showUsage(usage) {
      tokens.show(usage);
      cost.show(usage);
    },
  };
}
