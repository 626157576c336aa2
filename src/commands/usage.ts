import { modelName } from "../refresh/choose/default-model.js";
import { sharedWorkspaceOf } from "../refresh/settings.js";
import type { UsageEntry } from "../usage/ledger.js";
import { createSummary, createTotal, GROUPINGS } from "../usage/summarize.js";
import { defineCommand, type Invocation } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { usageAlt, usageChart } from "./wording/usage-chart.js";
import { type ModelRating, noUsageText, PERIODS, type Period, periodOf, usageText } from "./wording/usage-text.js";

const OPTIONS = {
  period: {
    kind: "choice",
    about: "today (default), 7d, 30d or month",
    values: [
      { value: "today", label: "today" },
      { value: "7d", label: "the last 7 days", aliases: ["7 days", "week"] },
      { value: "30d", label: "the last 30 days", aliases: ["30 days"] },
      { value: "month", label: "this month" },
    ],
  },
  by: {
    kind: "choice",
    about: "model (default), provider, user or day",
    values: GROUPINGS.map((value) => ({ value, label: value, aliases: [`${value}s`] })),
  },
} as const;

export const usage = ({ ledger, votes, charts, clock }: CommandDeps) =>
  defineCommand({
    path: "usage",
    about: "What was used in this workspace: questions, tokens, cost",
    access: "anyone",
    isForChatters: true,
    isHeavy: true,
    visibility: "ephemeral",
    options: OPTIONS,
    async *run(args, invocation) {
      const period = periodOf(PERIODS.find((id) => id === args.period) ?? "today", clock.now());
      const by = GROUPINGS.find((known) => known === args.by) ?? "model";
      const isOwnOnly = by === "user" && !invocation.isOperator;
      const [summary, total] = [createSummary(by), createTotal()];
      await eachFor(ledger, invocation, period, (entry) => {
        total.add(entry);
        if (!isOwnOnly || isOf(invocation, entry)) summary.add(entry);
      });
      const sum = total.sum();
      if (sum.turns === 0) {
        yield { markdown: noUsageText(by, period) };
        return;
      }
      const groups = summary.groups();
      const canPaint = invocation.canShowFiles && groups.length > 0;
      const bytes = canPaint ? await charts.paint(usageChart(groups, by, period)) : undefined;
      const ratings = by === "model" ? await ratingsFor(votes, invocation, period) : [];
      const markdown = usageText(groups, { by, period, sum, ratings, hasBars: bytes === undefined });
      const alt = usageAlt(groups, by, period);
      yield { markdown, ...(bytes !== undefined && { files: [{ name: "usage.png", bytes, alt }] }) };
    },
  });

/** Counts what people thought of the answers of each model, as far as the asker may see; most votes first. */
async function ratingsFor(
  votes: CommandDeps["votes"],
  { workspace, isDirect, user }: Invocation,
  { from, to }: Period,
): Promise<readonly ModelRating[]> {
  const models = new Map<string, { good: number; all: number }>();
  await votes.each({ workspace, from, to }, ({ provider, model, isGood, userId }) => {
    if (isDirect && userId !== user.id) return;
    const name = modelName({ provider, model });
    const { good, all } = models.get(name) ?? { good: 0, all: 0 };
    models.set(name, { good: good + (isGood ? 1 : 0), all: all + 1 });
  });
  return [...models].map(([model, counts]) => ({ model, ...counts })).sort((a, b) => b.all - a.all);
}

const isOf = ({ user }: Invocation, entry: UsageEntry): boolean => entry.user.id === user.id;

/** Visits what the asker may see: the whole workspace's, or in a direct message their own. @throws {StoreError} */
async function eachFor(
  ledger: CommandDeps["ledger"],
  invocation: Invocation,
  { from, to }: Period,
  visit: (entry: UsageEntry) => void,
): Promise<void> {
  const { workspace, isDirect } = invocation;
  if (!isDirect) return ledger.each({ workspace, from, to }, visit);
  // Before each direct message was a workspace by itself, all were one.
  for (const one of new Set([sharedWorkspaceOf(workspace), workspace]))
    await ledger.each({ workspace: one, from, to }, (entry) => {
      if (isOf(invocation, entry)) visit(entry);
    });
}
