import { dayOf } from "../../base/time.js";
import { addUp, type Grouping, tokensOf, type UsageGroup, type UsageSum } from "../../usage/summarize.js";
import { aligned } from "./aligned.js";
import type { Period } from "./usage-period.js";
import { usageRows } from "./usage-rows.js";
import { costText, costWords, countText, tokensText } from "./usage-words.js";
import { code } from "./wording.js";

/** Lines of a code block that long are not broken on a narrow screen. */
const MAX_COLUMNS = 60;
const BAR_CHARS = 20;

/** What was used, in words and as a table; with bars where nothing else shows them. At least one group. */
export function usageText(
  groups: readonly UsageGroup[],
  { by, period, hasBars }: { readonly by: Grouping; readonly period: Period; readonly hasBars: boolean },
): string {
  const sum = addUp(groups);
  const rows = usageRows(groups, by);
  return [
    `**Usage by ${by}, ${period.name}** (${datesOf(period)})`,
    totalLine(sum),
    block([
      [by, "asked", "input", "output", "cost"],
      ...rows.map((row) => cellsOf(row.label, row)),
      ...(rows.length > 1 ? [cellsOf("total", sum)] : []),
    ]),
    ...(hasBars ? [block(barRows(rows, tokensOf(sum)))] : []),
    ...notesOn(sum),
  ].join("\n");
}

/** What is said where nothing was used. */
export function noUsageText(period: Period): string {
  const when = period.name.startsWith("the ") ? `in ${period.name}` : period.name;
  const more = period.name === "today" ? ` ${code("/usage 30d")} looks further back.` : "";
  return `Nothing was used here ${when} (${datesOf(period)}): no question has come to a model.${more}`;
}

/** "2026-01-05, UTC", "2025-12-30 to 2026-01-05, UTC". */
function datesOf({ from, to }: Period): string {
  const [first, last] = [dayOf(from), dayOf(to - 1)];
  return `${first === last ? first : `${first} to ${last}`}, UTC`;
}

function totalLine(sum: UsageSum): string {
  const { inputTokens, outputTokens, cachedTokens, isEstimated } = sum;
  const cached = cachedTokens > 0 ? `, ${countText(cachedTokens, isEstimated)} of it from the provider's cache` : "";
  const ways = `${countText(inputTokens, isEstimated)} in${cached}, ${countText(outputTokens, isEstimated)} out`;
  return `${countOf(sum)} · ${tokensText(sum)} tokens (${ways}) · ${costWords(sum)}`;
}

const countOf = ({ turns }: UsageSum) => `${turns.toLocaleString("en")} ${turns === 1 ? "question" : "questions"}`;

const cellsOf = (label: string, sum: UsageSum) => [
  label,
  sum.turns.toLocaleString("en"),
  countText(sum.inputTokens, sum.isEstimated),
  countText(sum.outputTokens, sum.isEstimated),
  costText(sum),
];

const block = (rows: readonly (readonly string[])[]) => `\`\`\`\n${aligned(rows, MAX_COLUMNS).join("\n")}\n\`\`\``;

/** The longest bar is the largest row's; the number is its share of all tokens. */
function barRows(rows: readonly UsageGroup[], total: number): readonly (readonly string[])[] {
  const largest = Math.max(...rows.map(tokensOf));
  return rows.map((row) => {
    const share = total === 0 ? 0 : tokensOf(row) / total;
    return [row.label, barOf(largest === 0 ? 0 : tokensOf(row) / largest), `${Math.round(share * 100)}%`];
  });
}

/** From an eighth of a block up. */
const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

function barOf(share: number): string {
  const eighths = Math.round(share * BAR_CHARS * 8);
  const bar = "█".repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? "");
  return bar.padEnd(BAR_CHARS, "░");
}

function notesOn({ isEstimated, hasUnknownCost, costUsd }: UsageSum): readonly string[] {
  return [
    ...(isEstimated ? ["≈ is our estimate: the provider did not say how many tokens there were."] : []),
    ...(hasUnknownCost ? ["Not every model's price is known; what has none is not part of the cost."] : []),
    ...(costUsd !== null && costUsd > 0 ? ["By list prices; what the provider bills may differ."] : []),
  ];
}
