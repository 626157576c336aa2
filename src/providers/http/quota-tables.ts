import type { QuotaReading } from "../provider.js";

/*
 * What vendors tell of their quotas, as tables: in headers of answers, and in the words of refusals. A vendor's own
 * file names the header table that it sends; refusals are read alike for all, since gateways pass them on.
 */

/** What kind of window it is. */
type WindowKind = Pick<QuotaReading, "name" | "scope" | "unit" | "period"> & { readonly model?: string };

/** A window and the headers that tell about it. A reset is a duration, a date, or epoch seconds or ms. */
export interface HeaderWindow extends WindowKind {
  readonly limit?: string;
  readonly remaining?: string;
  readonly reset?: string;
  /** Holds the part that is used, 0 to 1; the limit is 1. */
  readonly utilization?: string;
  /** Holds "rejected" while the vendor refuses requests for it. */
  readonly status?: string;
  /** Read only where no other window of the table was. */
  readonly isLast?: true;
}

/** Vendors count requests and tokens of each model by itself, unless they say otherwise. */
const requests = (period: WindowKind["period"]) =>
  ({ name: "requests", scope: "model", unit: "requests", period }) as const;
const tokens = (period: WindowKind["period"], name = "tokens") =>
  ({ name, scope: "model", unit: "tokens", period }) as const;
const triple = (before: string, after = "") => ({
  limit: `${before}limit${after}`,
  remaining: `${before}remaining${after}`,
  reset: `${before}reset${after}`,
});

/** https://platform.openai.com/docs/guides/rate-limits; xAI and many compatible servers send them too. */
export const OPENAI_HEADERS: readonly HeaderWindow[] = [
  { ...requests("minute"), ...triple("x-ratelimit-", "-requests") },
  { ...tokens("minute"), ...triple("x-ratelimit-", "-tokens") },
];

/** https://console.groq.com/docs/rate-limits: requests are those of a day; refusals alone tell tokens of a day. */
export const GROQ_HEADERS: readonly HeaderWindow[] = [
  { ...requests("day"), ...triple("x-ratelimit-", "-requests") },
  { ...tokens("minute"), ...triple("x-ratelimit-", "-tokens") },
];

/** Reported in mistralai/client-ts#169; no reset is told. */
export const MISTRAL_HEADERS: readonly HeaderWindow[] = [
  {
    ...requests("minute"),
    limit: "x-ratelimit-limit-req-minute",
    remaining: "x-ratelimit-remaining-req-minute",
  },
  {
    ...tokens("minute"),
    limit: "x-ratelimit-limit-tokens-minute",
    remaining: "x-ratelimit-remaining-tokens-minute",
  },
];

/** https://openrouter.ai/docs/api-reference/limits: sent with 429 only, for the models that cost nothing. */
export const OPENROUTER_HEADERS: readonly HeaderWindow[] = [
  {
    name: "free requests",
    scope: "model",
    model: "*:free",
    unit: "requests",
    period: "day",
    ...triple("x-ratelimit-"),
  },
];

/** https://docs.together.ai/docs/rate-limits: counted by the second; a minute is the shortest window here. */
export const TOGETHER_HEADERS: readonly HeaderWindow[] = [
  { ...requests("minute"), ...triple("x-ratelimit-") },
  { ...tokens("minute"), ...triple("x-tokenlimit-") },
];

const unified = (part: string, period: WindowKind["period"], name: string): HeaderWindow => ({
  name,
  scope: "account",
  unit: "fraction",
  period,
  utilization: `anthropic-ratelimit-unified-${part}-utilization`,
  reset: `anthropic-ratelimit-unified-${part}-reset`,
  status: `anthropic-ratelimit-unified-${part}-status`,
});

/**
 * https://docs.anthropic.com/en/api/rate-limits; "unified" comes with subscription tokens (anomalyco/opencode#49653),
 * of which some accounts send the common status and reset alone.
 */
export const ANTHROPIC_HEADERS: readonly HeaderWindow[] = [
  { ...requests("minute"), ...triple("anthropic-ratelimit-requests-") },
  { ...tokens("minute"), ...triple("anthropic-ratelimit-tokens-") },
  { ...tokens("minute", "input tokens"), ...triple("anthropic-ratelimit-input-tokens-") },
  { ...tokens("minute", "output tokens"), ...triple("anthropic-ratelimit-output-tokens-") },
  unified("5h", "5h", "usage"),
  unified("7d", "week", "usage"),
  {
    name: "usage of all windows",
    scope: "account",
    unit: "fraction",
    period: "none",
    reset: "anthropic-ratelimit-unified-reset",
    status: "anthropic-ratelimit-unified-status",
    isLast: true,
  },
];

/** A window and what a vendor says when it is used up. */
export interface RefusalWindow extends WindowKind {
  readonly pattern: RegExp;
}

const money = (name: string, period: WindowKind["period"]) =>
  ({ name, scope: "account", unit: "usd", period }) as const;
const usage = (period: WindowKind["period"]) =>
  ({ name: "usage", scope: "account", unit: "fraction", period }) as const;
const free = (period: WindowKind["period"]) =>
  ({ name: "free requests", scope: "model", model: "*:free", unit: "requests", period }) as const;

/** The most telling first; "." never crosses a line, so that a pattern stays within one code or message. */
export const REFUSAL_WINDOWS: readonly RefusalWindow[] = [
  { pattern: /free-models-per-day/i, ...free("day") },
  { pattern: /free-models-per-min/i, ...free("minute") },
  { pattern: /requests per day|\(RPD\)/i, ...requests("day") },
  { pattern: /tokens per day|\(TPD\)/i, ...tokens("day") },
  { pattern: /requests per (hour|60 min)/i, ...requests("hour") },
  { pattern: /requests per min|\(RPM\)/i, ...requests("minute") },
  { pattern: /input tokens per min/i, ...tokens("minute", "input tokens") },
  { pattern: /output tokens per min/i, ...tokens("minute", "output tokens") },
  { pattern: /tokens per min|\(TPM\)/i, ...tokens("minute") },
  { pattern: /key limit exceeded.{0,20}daily/i, ...money("key limit", "day") },
  { pattern: /key limit exceeded.{0,20}weekly/i, ...money("key limit", "week") },
  { pattern: /key limit exceeded.{0,20}monthly/i, ...money("key limit", "month") },
  { pattern: /key limit exceeded/i, ...money("key limit", "none") },
  { pattern: /organization_spend_limit/i, ...money("organization spend limit", "month") },
  { pattern: /project_spend_limit/i, ...money("project spend limit", "month") },
  { pattern: /organization_usage_limit/i, ...money("organization usage limit", "month") },
  { pattern: /billing[_ ]hard[_ ](limit|not)/i, ...money("billing hard limit", "month") },
  { pattern: /enforced_spend_limit|specified api usage limits/i, ...money("spend limit", "month") },
  { pattern: /monthly spend(ing)? (cap|limit)|spending cap/i, ...money("spending cap", "month") },
  {
    pattern: /(credit|account) balance|credit_balance|insufficient_?(quota|balance|funds|credits?)/i,
    ...money("balance", "none"),
  },
  {
    pattern: /insufficient (account )?(balance|credits?|funds)|more credits|out of .{0,30}credits/i,
    ...money("balance", "none"),
  },
  { pattern: /(5|five)[- ]?hour.{0,20}limit/i, ...usage("5h") },
  { pattern: /weekly.{0,30}(limit|quota|allowance)/i, ...usage("week") },
  { pattern: /monthly.{0,30}(limit|quota|allowance)/i, ...usage("month") },
  {
    pattern: /per day|daily.{0,30}(limit|quota|allowance)|for today|24 hours/i,
    name: "usage",
    scope: "model",
    unit: "fraction",
    period: "day",
  },
];

/** For a refusal whose words fit no row, by its reason. What is not said to be the account's stops the model only. */
export const OTHER_REFUSALS: Readonly<Record<"quota" | "spend-cap" | "rate-limited", WindowKind>> = {
  quota: { name: "quota", scope: "model", unit: "fraction", period: "none" },
  "spend-cap": money("balance", "none"),
  "rate-limited": requests("minute"),
};
