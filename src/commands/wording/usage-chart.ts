import { daysBetween } from "../../base/time.js";
import { localeInForce, t } from "../../languages/translate.js";
import type { BarChart } from "../../usage/chart/chart.js";
import { type Grouping, tokensOf, type UsageGroup } from "../../usage/summarize.js";
import { codeLine } from "./markdown.js";
import { costText, costWords, fitted, groupingWord, type Period, tokensText, usageRows } from "./usage-text.js";

/** Longer names would leave no room for bars. */
const MAX_LABEL_CHARS = 28;

/** The tokens of each group, input and output; days stand side by side, also those without any. */
export function usageChart(groups: readonly UsageGroup[], by: Grouping, period: Period): BarChart {
  const isCached = groups.some(({ cachedTokens }) => cachedTokens > 0);
  const barOf = (label: string, group: UsageGroup | undefined) => {
    const { inputTokens = 0, cachedTokens = 0, outputTokens = 0 } = group ?? {};
    return {
      label: fitted(codeLine(label), MAX_LABEL_CHARS),
      values: isCached ? [inputTokens - cachedTokens, cachedTokens, outputTokens] : [inputTokens, outputTokens],
      note: group === undefined ? "" : `${tokensText(group)} · ${costText(group)}`,
    };
  };
  return {
    title: t`Tokens by ${groupingWord(by)}, ${period.name}`,
    parts: [
      { label: t`input`, tone: "main" },
      ...(isCached ? [{ label: t`cached input`, tone: "faded" } as const] : []),
      { label: t`output`, tone: "accent" },
    ],
    bars:
      by === "day"
        ? daysBetween(period.from, period.to).map((day) =>
            barOf(
              shortDay(day),
              groups.find(({ key }) => key === day),
            ),
          )
        : usageRows(groups, by).map((row) => barOf(row.label, row)),
    isTimeline: by === "day",
  };
}

/** The chart in words, for who cannot see it. */
export function usageAlt(groups: readonly UsageGroup[], by: Grouping, period: Period): string {
  const rows = usageRows(groups, by)
    .filter((row) => tokensOf(row) > 0)
    .map((row) => t`${codeLine(row.label)}: ${tokensText(row)} tokens, ${costWords(row)}`);
  return t`Bar chart of the tokens by ${groupingWord(by)}, ${period.name}. ${rows.join("; ")}.`;
}

/** "Jan 5". */
const shortDay = (day: string) =>
  new Date(day).toLocaleDateString(localeInForce(), { month: "short", day: "numeric", timeZone: "UTC" });
