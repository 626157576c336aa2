import { t } from "../../languages/translate.js";
import type { QuotaState } from "../../quota/quota.js";
import { usedShare } from "../../quota/windows/window.js";
import type { BarChart } from "../../usage/chart/chart.js";
import { codeLine } from "./markdown.js";
import { forecastText, usedText } from "./quota-text.js";
import { fitted } from "./usage-text.js";

/** Longer names would leave no room for bars. */
const MAX_LABEL_CHARS = 34;
const MAX_BARS = 10;
/** A band that goes far beyond the limit would make the rest unreadable. */
const MOST_PERCENT = 150;

/** Quotas of which it is known how much is used, as far as they fit into a picture. */
const shown = (states: readonly QuotaState[]) =>
  states.filter(({ window }) => usedShare(window) !== undefined).slice(0, MAX_BARS);

const labelOf = ({ window: { provider, name, model, period } }: QuotaState) =>
  [provider, model, name, period === "none" ? "" : `/${period}`].filter(Boolean).join(" ");

/** In percent of each limit: what is used, and from where to where use is likely to be at the renewal. */
export function quotaChart(states: readonly QuotaState[]): BarChart {
  return {
    title: t`Quotas: % of the limit, used and at the renewal`,
    parts: [
      { label: t`used`, tone: "main" },
      { label: t`likely more by the renewal`, tone: "faded" },
      { label: t`perhaps (80 % band)`, tone: "accent" },
    ],
    bars: shown(states).map((state) => {
      const percent = (share: number) => Math.min(MOST_PERCENT, Math.round(share * 100));
      const used = percent(usedShare(state.window) ?? 0);
      const { low, high } = state.forecast?.shareAtEnd ?? { low: 0, high: 0 };
      const [least, most] = [Math.max(used, percent(low)), Math.max(used, percent(high))];
      return {
        label: fitted(codeLine(labelOf(state)), MAX_LABEL_CHARS),
        values: [used, least - used, most - least],
        note: state.isOut ? t`used up` : `${used} %`,
      };
    }),
    isTimeline: false,
    limit: 100,
  };
}

/** The picture in words, for who cannot see it. */
export function quotaAlt(states: readonly QuotaState[], now: number): string {
  const rows = shown(states).map(
    (state) => `${codeLine(labelOf(state))}: ${usedText(state, false)}, ${forecastText(state, now)}`,
  );
  return t`Bar chart of quotas against their limits. ${rows.join("; ")}.`;
}
