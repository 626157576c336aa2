import { t } from "../languages/translate.js";
import type { QuotaState } from "../quota/quota.js";
import { usedShare } from "../quota/windows/window.js";
import type { BarChart } from "../usage/chart/chart.js";
import { defineCommand } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { providerOption } from "./provider-option.js";
import { codeLine } from "./wording/markdown.js";
import { forecastText, quotaText, usedText } from "./wording/quota-text.js";
import { fitted } from "./wording/usage-text.js";

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

export const usageQuota = (deps: CommandDeps) =>
  defineCommand({
    path: "usage quota",
    about: "What is left of the providers' quotas, when they renew, and whether they will last",
    access: "anyone",
    isForChatters: true,
    isHeavy: true,
    visibility: "ephemeral",
    options: { provider: providerOption(deps, t`one provider; all by default`) },
    async *run({ provider }, invocation) {
      const states = deps.quota.states().filter(({ window }) => provider === undefined || window.provider === provider);
      if (states.length === 0) {
        const what = provider === undefined ? t`No provider has reported any` : t`**${provider}** has reported none`;
        yield {
          markdown: t`${what} of its quotas yet. Most report them with each answer, some only when they refuse one.`,
        };
        return;
      }
      const now = deps.clock.now();
      const markdown = quotaText(states, { now, showsAmounts: deps.isHostOperator(invocation) });
      const chart = quotaChart(states);
      const canPaint = invocation.canShowFiles && chart.bars.length > 0;
      const bytes = canPaint ? await deps.charts.paint(chart) : undefined;
      const alt = quotaAlt(states, now);
      yield { markdown, ...(bytes !== undefined && { files: [{ name: "quota.png", bytes, alt }] }) };
    },
  });
