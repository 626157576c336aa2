import { DAY_MS, dayOf, startOfDay } from "../../base/time.js";
import { localeInForce, type Phrase, phrase, plural, t } from "../../languages/translate.js";
import { addUp, type Grouping, tokensOf, type UsageGroup, type UsageSum } from "../../usage/summarize.js";
import { code, codeLine } from "./markdown.js";

/** A stretch of whole UTC days that ends with today; epoch ms, `to` is exclusive. */
export interface Period {
  readonly id: PeriodId;
  readonly from: number;
  readonly to: number;
  /** "today", "the last 7 days". */
  readonly name: string;
}

export const PERIODS = ["today", "7d", "30d", "month"] as const;
export type PeriodId = (typeof PERIODS)[number];

const NAMES: Readonly<Record<PeriodId, Phrase>> = {
  today: phrase`today`,
  "7d": phrase`the last 7 days`,
  "30d": phrase`the last 30 days`,
  month: phrase`this month`,
};

/** The period that a word names at a time (epoch ms). */
export function periodOf(id: PeriodId, now: number): Period {
  const today = startOfDay(now);
  const date = new Date(now);
  const starts: Readonly<Record<PeriodId, number>> = {
    today,
    "7d": today - 6 * DAY_MS,
    "30d": today - 29 * DAY_MS,
    month: Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1),
  };
  return { id, from: starts[id], to: today + DAY_MS, name: t(NAMES[id]) };
}

/** Lines of a code block that long are not broken on a narrow screen. */
const MAX_COLUMNS = 60;
const BAR_CHARS = 20;

/** Votes on the answers of a model ("provider/model"). */
export interface ModelRating {
  readonly model: string;
  readonly good: number;
  readonly all: number;
}

export interface UsageTextTerms {
  readonly by: Grouping;
  readonly period: Period;
  /** The sum of all groups, and of those that the reader may not see. */
  readonly sum: UsageSum;
  /** What people thought of the answers, most votes first. */
  readonly ratings: readonly ModelRating[];
  /** Nothing else shows them. */
  readonly hasBars: boolean;
}

/** What was used, in words and as a table, perhaps with bars. */
export function usageText(
  groups: readonly UsageGroup[],
  { by, period, sum, ratings, hasBars }: UsageTextTerms,
): string {
  const rows = usageRows(groups, by);
  const isPart = addUp(groups).turns < sum.turns;
  return [
    titleOf(by, period),
    totalLine(sum),
    block([
      [groupingWord(by), t`asked`, t`input`, t`output`, t`cost`],
      ...rows.map((row) => cellsOf(row.label, row)),
      ...(isPart ? [cellsOf(t`everybody`, sum)] : rows.length > 1 ? [cellsOf(t`total`, sum)] : []),
    ]),
    ...(isPart ? [t`Only operators see other people's rows.`] : []),
    ...(hasBars && rows.length > 0 ? [block(barRows(rows, tokensOf(sum)))] : []),
    ...ratingLine(ratings),
    ...notesOn(sum),
  ].join("\n");
}

const NOTHING: Readonly<Record<PeriodId, Phrase>> = {
  today: phrase`No model was used here today.`,
  "7d": phrase`No model was used here in the last 7 days.`,
  "30d": phrase`No model was used here in the last 30 days.`,
  month: phrase`No model was used here this month.`,
};

const GROUPINGS: Readonly<Record<Grouping, Phrase>> = {
  model: phrase`model`,
  provider: phrase`provider`,
  user: phrase`user`,
  day: phrase`day`,
};

/** What usage is grouped by, inside a sentence: "by model". */
export const groupingWord = (by: Grouping): string => t(GROUPINGS[by]);

/** What is said where nothing was used. */
export function noUsageText(by: Grouping, period: Period): string {
  const more = period.id === "today" ? t` ${code("/usage 30d")} looks further back.` : "";
  return `${titleOf(by, period)}\n${NOTHING[period.id]}${more}`;
}

const titleOf = (by: Grouping, period: Period) =>
  t`**Usage by ${groupingWord(by)}, ${period.name}** (${datesOf(period)})`;

/** "2026-01-05, UTC", "2025-12-30 to 2026-01-05, UTC". */
function datesOf({ from, to }: Period): string {
  const [first, last] = [dayOf(from), dayOf(to - 1)];
  return `${first === last ? first : t`${first} to ${last}`}, UTC`;
}

function totalLine(sum: UsageSum): string {
  const { inputTokens, outputTokens, cachedTokens, isEstimated } = sum;
  const cached = cachedTokens > 0 ? t`, ${countText(cachedTokens, isEstimated)} of it from the provider's cache` : "";
  const ways = t`${countText(inputTokens, isEstimated)} in${cached}, ${countText(outputTokens, isEstimated)} out`;
  return t`${countOf(sum)} · ${tokensText(sum)} tokens (${ways}) · ${costWords(sum)}`;
}

const countOf = ({ turns }: UsageSum) => plural(turns, "question");

const cellsOf = (label: string, sum: UsageSum) => [
  label,
  sum.turns.toLocaleString(localeInForce()),
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

/** Most models whose votes are shown. */
const MAX_RATINGS = 5;

/** From an eighth of a block up. */
const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

function barOf(share: number): string {
  const eighths = Math.round(share * BAR_CHARS * 8);
  const bar = "█".repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? "");
  return bar.padEnd(BAR_CHARS, "░");
}

/** "👍 `openai/gpt-5` 92 % of 13 votes · `demo/small` 60 % of 5". */
function ratingLine(ratings: readonly ModelRating[]): readonly string[] {
  if (ratings.length === 0) return [];
  const parts = ratings.slice(0, MAX_RATINGS).map(({ model, good, all }, index) => {
    const votes = index === 0 ? plural(all, "vote") : String(all);
    return t`${code(model, MAX_COLUMNS)} ${Math.round((good / all) * 100)} % of ${votes}`;
  });
  return [`👍 ${parts.join(" · ")}`];
}

function notesOn({ isEstimated, hasUnknownCost, costUsd }: UsageSum): readonly string[] {
  return [
    ...(isEstimated ? [t`≈ estimated; the provider reported no token counts.`] : []),
    ...(hasUnknownCost ? [t`Some models have no known price; the cost leaves them out.`] : []),
    ...(costUsd !== null && costUsd > 0 ? [t`Cost by list prices; the provider's bill may differ.`] : []),
  ];
}

/** What most fonts draw twice as wide in a code block: CJK, and emoji. */
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\uff01-\uff60]/u;

/** How many columns of a code block a text takes. */
const columnsOf = (text: string) =>
  [...text].reduce((sum, character) => sum + (/\p{M}/u.test(character) ? 0 : WIDE.test(character) ? 2 : 1), 0);

/** At most `columns` wide; cut in the middle, since names of models differ at their end. */
export function fitted(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  const characters = [...text];
  let removed = 1;
  for (;;) {
    const head = Math.floor((characters.length - removed) / 2);
    const kept = [...characters.slice(0, head), "…", ...characters.slice(head + removed)].join("");
    if (columnsOf(kept) <= columns || removed >= characters.length) return kept;
    removed += 1;
  }
}

const GAP = "  ";

/**
 * Rows of a table as lines of a code block, where nothing in a cell formats or ends the block. The first column stands
 * at the left and is cut where a line would be longer than `maxColumns`; the others stand at the right.
 */
export function aligned(rows: readonly (readonly string[])[], maxColumns: number): readonly string[] {
  const cells = rows.map((row) => row.map((cell) => codeLine(cell)));
  const widthOf = (column: number) => Math.max(0, ...cells.map((row) => columnsOf(row[column] ?? "")));
  const [, ...others] = cells[0] ?? [];
  const widths = others.map((_, index) => widthOf(index + 1));
  const first = Math.min(widthOf(0), maxColumns - widths.reduce((sum, width) => sum + width + GAP.length, 0));
  return cells.map(([label = "", ...values]) => {
    const shown = fitted(label, first);
    const right = values.map((value, index) => " ".repeat((widths[index] ?? 0) - columnsOf(value)) + value);
    return [shown + " ".repeat(first - columnsOf(shown)), ...right].join(GAP).trimEnd();
  });
}

/** How many rows one message shows: with the bars they fit on every platform. */
const MAX_ROWS = 10;

/** The groups as far as they fit, and the rest as one; days newest first, everything else largest first. */
export function usageRows(groups: readonly UsageGroup[], by: Grouping): readonly UsageGroup[] {
  const ordered = by === "day" ? [...groups].reverse() : groups;
  const rest = ordered.slice(MAX_ROWS);
  if (rest.length === 0) return ordered;
  const label = by === "day" ? t`${rest.length} earlier` : t`${rest.length} more`;
  return [...ordered.slice(0, MAX_ROWS), { key: "", label, ...addUp(rest) }];
}

const compact = (count: number) =>
  new Intl.NumberFormat(localeInForce(), { notation: "compact", maximumFractionDigits: 1 }).format(count);

/** "950", "12.3K", "≈4M": estimates are marked. */
export const countText = (tokens: number, isEstimated: boolean): string =>
  `${isEstimated && tokens > 0 ? "≈" : ""}${compact(tokens)}`;

/** Returns input plus output tokens, like "12.3K". */
export const tokensText = (sum: UsageSum): string => countText(tokensOf(sum), sum.isEstimated);

const UNKNOWN = phrase`unknown`;

type CostSum = Pick<UsageSum, "costUsd" | "hasUnknownCost" | "isEstimated">;

/**
 * "$0.0421", "≈$0.04" from estimated tokens, "≥$0.04" where some prices are unknown, "unknown" where nothing is known
 * of the cost, "$0" where all of it was free.
 */
export function costText(sum: CostSum): string {
  const { costUsd, hasUnknownCost, isEstimated } = sum;
  if (costUsd === null || (costUsd === 0 && hasUnknownCost)) return UNKNOWN.toString();
  return `${hasUnknownCost ? "≥" : ""}${isEstimated && costUsd > 0 ? "≈" : ""}${dollars(costUsd)}`;
}

/** "$0.04", "at least $0.04", "cost unknown": inside a sentence. */
export function costWords(sum: CostSum): string {
  const text = costText(sum);
  return text === UNKNOWN.toString() ? t`cost unknown` : text.replace("≥", t`at least `);
}

function dollars(usd: number): string {
  if (usd === 0) return "$0";
  if (usd < 0.0001) return "<$0.0001";
  const digits = usd < 1 ? 4 : 2;
  return `$${usd.toLocaleString(localeInForce(), { minimumFractionDigits: 2, maximumFractionDigits: digits })}`;
}
