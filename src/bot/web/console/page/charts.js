import { createDelayChart, createTurnsChart } from "./charts-bot.js";
import { createAgesChart, createDurationsChart, createOutcomesChart } from "./charts-lists.js";
import { createUsageChart } from "./charts-usage.js";
import { compactNumber, money } from "./format.js";

/** @import { SeriesView, UsageView } from "./app.js" */

/**
 * All charts of the console, in the order in which an operator looks at them.
 * @param {HTMLElement} grid
 */
export function createCharts(grid) {
  const live = [createTurnsChart(), createOutcomesChart(), createDurationsChart(), createAgesChart()];
  const tokens = createUsageChart({
    title: "Tokens per day",
    about: "Input and output, by model, of the last 30 days (UTC).",
    key: "tokens",
    unit: compactNumber,
  });
  const cost = createUsageChart({
    title: "Cost per day",
    about: "In US dollars, by model, where the price is known.",
    key: "costUsd",
    unit: money,
  });
  const delay = createDelayChart();
  grid.append(...[...live, tokens, cost, delay].map(({ element }) => element));
  return {
    /** @param {SeriesView} series */
    showSeries(series) {
      for (const chart of [...live, delay]) chart.show(series);
    },
    /** @param {UsageView} usage */
    showUsage(usage) {
      tokens.show(usage);
      cost.show(usage);
    },
  };
}
