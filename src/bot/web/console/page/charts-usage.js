import { t } from "/assets/shared/translate.js";
import { barSeries, colourOf, createChart, stacked } from "./chart.js";

/** @import { UsageView } from "./app.js" */

/**
 * What models used by day, from the ledger.
 * @param {{ title: string, about: string, key: "tokens" | "costUsd", unit(value: number): string }} terms
 */
export function createUsageChart({ title, about, key, unit }) {
  const chart = createChart({ title, about, unit, step: 86_400, least: 0.01 });
  return {
    element: chart.element,
    /** @param {UsageView} usage */
    show({ isKept, isFailed, days, models }) {
      const shown = models.filter((model) => model[key].some((value) => value !== null && value > 0));
      /** @type {readonly (readonly (number | null)[])[]} */
      const columns = shown.map((model) => model[key]);
      const { sums, own } = stacked(columns);
      const total = columns.flat().reduce((/** @type {number} */ sum, value) => sum + (value ?? 0), 0);
      const hasUnknown = models.some((model) => key === "costUsd" && model.costUsd.includes(null));
      chart.show({
        data: [days.map((day) => Date.parse(day) / 1000), ...sums],
        series: () =>
          [...shown.entries()]
            .reverse()
            .map(([index, { name }], position) =>
              barSeries(name, colourOf(index), (_plot, _value, _series, at) =>
                at === null ? "–" : words(own[position]?.[at], unit),
              ),
            ),
        summary: t`${unit(total)} in 30 days${hasUnknown ? t`, besides models whose price is not known` : ""}`,
        empty: emptyWords({ isKept, isFailed, isEmpty: shown.length === 0, hasUnknown, isUsed: models.length > 0 }),
      });
    },
  };
}

/** @type {(value: number | null | undefined, unit: (value: number) => string) => string} */
const words = (value, unit) => (value === null || value === undefined ? t`price not known` : unit(value));

/** @param {{ isKept: boolean, isFailed: boolean, isEmpty: boolean, hasUnknown: boolean, isUsed: boolean }} usage */
function emptyWords({ isKept, isFailed, isEmpty, hasUnknown, isUsed }) {
  if (isFailed) return t`The usage ledger could not be read; retrying every minute.`;
  if (!isKept) return t`This bot keeps no usage ledger.`;
  if (!isEmpty) return undefined;
  if (hasUnknown) return t`No price is known for the models that were used.`;
  if (isUsed) return t`All models that were used are free.`;
  return t`Nothing was used in the last 30 days. The first answer is the first bar.`;
}
