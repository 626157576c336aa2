import { barSeries, colourOf, createChart, stacked } from "./chart.js";

/** What models used by day, from the ledger. */
export function createUsageChart({ title, about, key, unit }) {
  const chart = createChart({ title, about, unit, step: 86_400, least: 0.01 });
  return {
    element: chart.element,
    show({ isKept, isFailed, days, models }) {
      const shown = models.filter((model) => model[key].some((value) => value !== null && value > 0));
      const { sums, own } = stacked(shown.map((model) => model[key]));
      const total = shown.flatMap((model) => model[key]).reduce((sum, value) => sum + (value ?? 0), 0);
      const hasUnknown = models.some((model) => model[key].includes(null));
      chart.show({
        data: [days.map((day) => Date.parse(day) / 1000), ...sums],
        series: () =>
          [...shown.entries()]
            .reverse()
            .map(([index, { name }], position) =>
              barSeries(name, colourOf(index), (_plot, _value, _series, at) =>
                at === null ? "–" : words(own[position][at], unit),
              ),
            ),
        summary: `${unit(total)} in 30 days${hasUnknown ? ", besides models whose price is not known" : ""}`,
        empty: emptyWords({ isKept, isFailed, isEmpty: shown.length === 0, hasUnknown, isUsed: models.length > 0 }),
      });
    },
  };
}

const words = (value, unit) => (value === null || value === undefined ? "price not known" : unit(value));

function emptyWords({ isKept, isFailed, isEmpty, hasUnknown, isUsed }) {
  if (isFailed) return "The ledger could not be read just now; it is tried again every minute.";
  if (!isKept) return "This bot keeps no ledger of what was used.";
  if (!isEmpty) return undefined;
  if (hasUnknown) return "No price of a model that was used is known.";
  if (isUsed) return "All models that were used are free.";
  return "Nothing was used in the last 30 days. The first answer is the first bar.";
}
