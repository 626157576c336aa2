import { t } from "../languages/translate.js";
import { defineCommand } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { providerOption } from "./provider-option.js";
import { quotaAlt, quotaChart } from "./wording/quota-chart.js";
import { quotaText } from "./wording/quota-text.js";

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
