import { GROUPINGS, summarize } from "../usage/summarize.js";
import { defineCommand } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { usageAlt, usageChart } from "./wording/usage-chart.js";
import { noUsageText, PERIODS, periodOf, usageText } from "./wording/usage-text.js";

export const usage = ({ ledger, charts, clock }: CommandDeps) =>
  defineCommand({
    path: "usage",
    about: "What was used in this workspace: questions, tokens, cost",
    access: "anyone",
    isForChatters: true,
    visibility: "ephemeral",
    options: {
      period: {
        kind: "choice",
        about: "today (unless you say so), 7d, 30d or month",
        values: [
          { value: "today", label: "today" },
          { value: "7d", label: "the last 7 days", aliases: ["7 days", "week"] },
          { value: "30d", label: "the last 30 days", aliases: ["30 days"] },
          { value: "month", label: "this month" },
        ],
      },
      by: {
        kind: "choice",
        about: "model (unless you say so), provider, user or day",
        values: GROUPINGS.map((value) => ({ value, label: value, aliases: [`${value}s`] })),
      },
    },
    async *run(args, { workspace, canShowFiles }) {
      const period = periodOf(PERIODS.find((id) => id === args.period) ?? "today", clock.now());
      const by = GROUPINGS.find((known) => known === args.by) ?? "model";
      const groups = summarize(await ledger.read({ workspace, from: period.from, to: period.to }), by);
      if (groups.length === 0) {
        yield { markdown: noUsageText(period) };
        return;
      }
      const bytes = canShowFiles ? await charts.paint(usageChart(groups, by, period)) : undefined;
      const markdown = usageText(groups, { by, period, hasBars: bytes === undefined });
      const alt = usageAlt(groups, by, period);
      yield { markdown, ...(bytes !== undefined && { files: [{ name: "usage.png", bytes, alt }] }) };
    },
  });
