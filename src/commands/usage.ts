import { sharedWorkspaceOf } from "../refresh/settings.js";
import type { UsageEntry } from "../usage/ledger.js";
import { GROUPINGS, summarize, sumOf } from "../usage/summarize.js";
import { defineCommand, type Invocation } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { usageAlt, usageChart } from "./wording/usage-chart.js";
import { noUsageText, PERIODS, type Period, periodOf, usageText } from "./wording/usage-text.js";

export const usage = ({ ledger, charts, clock }: CommandDeps) =>
  defineCommand({
    path: "usage",
    about: "What was used in this workspace: questions, tokens, cost",
    access: "anyone",
    isForChatters: true,
    isHeavy: true,
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
    async *run(args, invocation) {
      const period = periodOf(PERIODS.find((id) => id === args.period) ?? "today", clock.now());
      const by = GROUPINGS.find((known) => known === args.by) ?? "model";
      const all = await entriesFor(ledger, invocation, period);
      if (all.length === 0) {
        yield { markdown: noUsageText(period) };
        return;
      }
      const isOwnOnly = by === "user" && !invocation.isOperator;
      const groups = summarize(isOwnOnly ? all.filter(isOf(invocation)) : all, by);
      const canPaint = invocation.canShowFiles && groups.length > 0;
      const bytes = canPaint ? await charts.paint(usageChart(groups, by, period)) : undefined;
      const markdown = usageText(groups, { by, period, sum: sumOf(all), hasBars: bytes === undefined });
      const alt = usageAlt(groups, by, period);
      yield { markdown, ...(bytes !== undefined && { files: [{ name: "usage.png", bytes, alt }] }) };
    },
  });

const isOf =
  ({ user }: Invocation) =>
  (entry: UsageEntry): boolean =>
    entry.user.id === user.id;

/** What the asker may see: the whole workspace's, or in a direct message their own. @throws {StoreError} */
async function entriesFor(
  ledger: CommandDeps["ledger"],
  invocation: Invocation,
  { from, to }: Period,
): Promise<readonly UsageEntry[]> {
  const { workspace, isDirect } = invocation;
  if (!isDirect) return ledger.read({ workspace, from, to });
  // Before each direct message was a workspace by itself, all were one.
  const workspaces = [...new Set([sharedWorkspaceOf(workspace), workspace])];
  const read = await Promise.all(workspaces.map((one) => ledger.read({ workspace: one, from, to })));
  return read.flat().filter(isOf(invocation));
}
