import { timeMark } from "../../base/time.js";
import { inLanguage, localeInForce, type Phrase, phrase, t } from "../../languages/translate.js";
import {
  type Budget,
  type BudgetLimit,
  type BudgetScope,
  type BudgetUnit,
  ceilingOf,
} from "../../usage/budgets/budget.js";
import type { BudgetNews, BudgetState } from "../../usage/budgets/budgets.js";
import type { BudgetUsedUp } from "../../usage/budgets/reserve.js";
import { code, escapeInline } from "./markdown.js";
import { untilText } from "./quota-text.js";

/** "2 USD", "0.0012 USD", "20,000 tokens", "1 question". */
export function amountWords(amount: number, unit: BudgetUnit): string {
  const shown = amount.toLocaleString(localeInForce(), {
    maximumFractionDigits: unit === "usd" ? (amount < 1 ? 4 : 2) : 0,
  });
  if (unit === "usd") return t`${shown} USD`;
  const words = { tokens: [t`token`, t`tokens`], questions: [t`question`, t`questions`] }[unit];
  return `${shown} ${words[amount === 1 ? 0 : 1]}`;
}

const PER_WORDS: Readonly<Record<Budget["per"], Phrase>> = {
  day: phrase`today`,
  week: phrase`this week`,
  month: phrase`this month`,
};

/** "2 USD for today". */
export const budgetWords = ({ amount, unit, per }: Budget): string =>
  t`${amountWords(amount, unit)} for ${PER_WORDS[per]}`;

/** "2 USD a day". */
export const budgetRule = ({ amount, unit, per }: Budget): string =>
  ({
    day: t`${amountWords(amount, unit)} a day`,
    week: t`${amountWords(amount, unit)} a week`,
    month: t`${amountWords(amount, unit)} a month`,
  })[per];

/** In a direct message, which is a workspace by itself. */
export const isInDirect = ({ workspace }: Pick<BudgetLimit, "workspace">) => workspace.split(":")[1] === "dm";

/** "your", "this channel's". */
export function whoseWords(limit: Pick<BudgetLimit, "scope" | "workspace">): string {
  if (limit.scope === "person") return t`your`;
  return isInDirect(limit)
    ? t`this conversation's`
    : limit.scope === "channel"
      ? t`this channel's`
      : t`this workspace's`;
}

/** The quiet line under an answer: "💰 80 % of your 2 USD for today". */
export const newsLine = ({ limit, percent }: BudgetNews): string =>
  inLanguage(undefined, () => `💰 ${percent} % of ${whoseWords(limit)} ${budgetWords(limit)}`);

/** "renews 00:00 UTC (<in 3 hours>)". */
const renewalWords = (renewsAt: number, now: number) => t`renews ${untilText(renewsAt, now)} (${timeMark(renewsAt)})`;

export interface UsedUpTerms {
  /** A model that costs nothing, as running text names it. */
  readonly freeModel: string | undefined;
  /** An operator can raise it. */
  readonly canRaise: boolean;
  readonly now: number;
}

/** What is read instead of an answer: the budget, its renewal, and what can be done. */
export function usedUpText(
  { limit, isUsedUp, renewsAt }: BudgetUsedUp,
  { freeModel, canRaise, now }: UsedUpTerms,
): string {
  const whose = whoseWords(limit);
  const budget = t`${whose} budget of ${budgetWords(limit)}${limit.isHost ? t` (set by the bot's host)` : ""}`;
  const renewal = t`It ${renewalWords(renewsAt, now)}`;
  if (!isUsedUp)
    return t`⛔ The rest of ${budget} is reserved for answers in progress. ${renewal}; ask again in a moment.`;
  const next = [
    ...(freeModel === undefined ? [] : [t`${freeModel} costs nothing and can answer now.`]),
    ...(canRaise ? [t`An operator can double it until tomorrow.`] : []),
  ];
  const what = t`⛔ ${budget.charAt(0).toUpperCase()}${budget.slice(1)} is used up.`;
  return [what, t`${renewal}${next.length === 0 ? t`; ask again then` : ""}.`, ...next].join(" ");
}

export const BUDGETS_UNKNOWN = phrase`⛔ The budgets cannot be checked right now because the bot's store does not
  answer, so the question was not sent. Please try again in a moment.`;

/** "60 % used, 1.20 of 2 USD; 0.80 USD left, renews 00:00 UTC". */
export function stateLine({ limit, used, left, held, renewsAt, unpriced }: BudgetState, now: number): string {
  const percent = used >= limit.amount ? 100 : Math.min(99, Math.round((used / limit.amount) * 100));
  const amounts = t`${amountWords(used, limit.unit)} of ${budgetWords(limit)}`;
  return [
    t`**${percent} %** used: ${amounts}; ${amountWords(left, limit.unit)} left, ${renewalWords(renewsAt, now)}`,
    ...(held > 0 ? [t`up to ${amountWords(held, limit.unit)} reserved for answers in progress`] : []),
    ...(limit.raisedUntil === undefined ? [] : [t`doubled until ${untilText(limit.raisedUntil, now)}`]),
    ...(limit.isHost ? [t`set by the bot's host`] : []),
    ...(limit.unit === "usd" && unpriced > 0
      ? [t`without ${amountWords(unpriced, "questions")} to models of unknown price`]
      : []),
  ].join("; ");
}

/** What doubling a budget makes of it, never above the host's ceiling. */
export function doubled(limit: BudgetLimit, host: Parameters<typeof ceilingOf>[0]): number {
  return Math.min(2 * limit.amount, ceilingOf(host, limit) ?? Number.POSITIVE_INFINITY);
}

/** What `/settings raise` takes to name the budget, after the scope: a person's key. */
export const raiseTarget = ({ scope, account }: Pick<BudgetLimit, "scope" | "account">): string =>
  scope === "person" ? ` ${account.split("/").at(-1)}` : "";

export const SCOPE_WORDS: Readonly<Record<BudgetScope, Phrase>> = {
  person: phrase`each person`,
  channel: phrase`each channel`,
  workspace: phrase`the workspace`,
};

/** From this share on operators should look. */
const NEAR = 0.8;
export const markWords = ({ used, limit }: BudgetState): string =>
  used >= limit.amount ? "⛔ " : used / limit.amount >= NEAR ? "⚠️ " : "";

const MAX_NAME_CHARS = 80;

/** Whose budget it is: "Ada", "channel `456`", "the workspace". */
export function nameOf({ limit, name }: BudgetState): string {
  if (limit.scope === "workspace") return t`the workspace`;
  if (limit.scope === "person") return escapeInline(name ?? t`somebody`, MAX_NAME_CHARS);
  return t`channel ${code(limit.account.split(":").at(-1) ?? "")}`;
}

/** A budget as a row of a table shows it. */
export function budgetRow(state: BudgetState, now: number) {
  const { limit, used, renewsAt } = state;
  const percent = Math.floor((100 * used) / limit.amount);
  return {
    mark: markWords(state).trim() || "💰",
    name: t`budget of ${nameOf(state).replaceAll("`", "")} in ${limit.account.split("/")[1] ?? ""}`,
    used: t`${percent} % used, ${amountWords(used, limit.unit)} of ${budgetWords(limit)}`,
    outlook: t`renews ${untilText(renewsAt, now)}`,
  };
}
