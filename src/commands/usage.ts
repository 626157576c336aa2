import { daysBetween } from "../base/time.js";
import { localeInForce, t } from "../languages/translate.js";
import { modelName } from "../refresh/choose/model-ref.js";
import { sharedWorkspaceOf } from "../refresh/settings.js";
import type { BarChart } from "../usage/chart/chart.js";
import type { UsageEntry } from "../usage/ledger.js";
import { createSummary, createTotal, GROUPINGS, type Grouping, tokensOf, type UsageGroup } from "../usage/summarize.js";
import { defineCommand, type Invocation } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { codeLine } from "./wording/markdown.js";
import {
  costText,
  costWords,
  fitted,
  groupingWord,
  type ModelRating,
  noUsageText,
  PERIODS,
  type Period,
  periodOf,
  tokensText,
  usageRows,
  usageText,
} from "./wording/usage-text.js";

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
