import { describe, expect, it } from "vitest";
import {
  ANTHROPIC_HEADERS,
  GROQ_HEADERS,
  type HeaderWindow,
  MISTRAL_HEADERS,
  OPENAI_HEADERS,
  OPENROUTER_HEADERS,
  TOGETHER_HEADERS,
} from "../../../src/providers/http/quota-tables.js";
import { readQuotaHeaders, readQuotaRefusal } from "../../../src/providers/http/read-quota.js";
import { readRefusal } from "../../../src/providers/http/read-refusal.js";
import { reasonOf } from "../../../src/providers/http/refusal-reason.js";

const NOW = Date.UTC(2026, 0, 5, 12);
const HOUR_MS = 3_600_000;
const TERMS = { now: NOW, model: "m1" };

const read = (table: readonly HeaderWindow[], headers: Record<string, string>) =>
  readQuotaHeaders(table, new Headers(headers), TERMS);
const header = (name: string, unit: string, period: string, amounts: object) => ({
  ...{ name, scope: "model", model: "m1", unit, period, ...amounts, source: "header", observedAt: NOW },
});
const ofAccount = (name: string, period: string, amounts: object) => ({
  ...{ name, scope: "account", unit: "fraction", period, ...amounts, source: "header", observedAt: NOW },
});

describe("readQuotaHeaders()", () => {
  it.each([
    [
      "OpenAI's (platform.openai.com/docs/guides/rate-limits)",
      OPENAI_HEADERS,
      {
        "x-ratelimit-limit-requests": "60",
        "x-ratelimit-limit-tokens": "150000",
        "x-ratelimit-remaining-requests": "59",
        "x-ratelimit-remaining-tokens": "149984",
        "x-ratelimit-reset-requests": "1s",
        "x-ratelimit-reset-tokens": "6m0s",
      },
      [
        header("requests", "requests", "minute", { limit: 60, remaining: 59, resetAt: NOW + 1_000 }),
        header("tokens", "tokens", "minute", { limit: 150_000, remaining: 149_984, resetAt: NOW + 360_000 }),
      ],
    ],
    [
      "Groq's, whose requests are those of a day (console.groq.com/docs/rate-limits)",
      GROQ_HEADERS,
      {
        "x-ratelimit-limit-requests": "14400",
        "x-ratelimit-limit-tokens": "18000",
        "x-ratelimit-remaining-requests": "14370",
        "x-ratelimit-remaining-tokens": "17997",
        "x-ratelimit-reset-requests": "2m59.56s",
        "x-ratelimit-reset-tokens": "7.66s",
      },
      [
        header("requests", "requests", "day", { limit: 14_400, remaining: 14_370, resetAt: NOW + 179_560 }),
        header("tokens", "tokens", "minute", { limit: 18_000, remaining: 17_997, resetAt: NOW + 7_660 }),
      ],
    ],
    [
      "Mistral's, without a reset (mistralai/client-ts#169)",
      MISTRAL_HEADERS,
      {
        "x-ratelimit-limit-req-minute": "60",
        "x-ratelimit-remaining-req-minute": "58",
        "x-ratelimit-limit-tokens-minute": "500000",
        "x-ratelimit-remaining-tokens-minute": "499122",
        "x-ratelimit-tokens-query-cost": "878",
      },
      [
        header("requests", "requests", "minute", { limit: 60, remaining: 58 }),
        header("tokens", "tokens", "minute", { limit: 500_000, remaining: 499_122 }),
      ],
    ],
    [
      "OpenRouter's, in epoch ms (openrouter.ai/docs/api-reference/limits)",
      OPENROUTER_HEADERS,
      { "X-RateLimit-Limit": "50", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": `${NOW + 12 * HOUR_MS}` },
      [
        {
          ...header("free requests", "requests", "day", { limit: 50, remaining: 0, resetAt: NOW + 12 * HOUR_MS }),
          model: "*:free",
        },
      ],
    ],
    [
      "xAI's, without a reset (docs.x.ai/docs/consumption-and-rate-limits)",
      OPENAI_HEADERS,
      { "x-ratelimit-limit-requests": "480", "x-ratelimit-remaining-requests": "479" },
      [header("requests", "requests", "minute", { limit: 480, remaining: 479 })],
    ],
    [
      "Together's (docs.together.ai/docs/rate-limits)",
      TOGETHER_HEADERS,
      {
        "x-ratelimit-limit": "10",
        "x-ratelimit-remaining": "9",
        "x-ratelimit-reset": "1",
        "x-tokenlimit-limit": "3000",
        "x-tokenlimit-remaining": "2900",
      },
      [
        header("requests", "requests", "minute", { limit: 10, remaining: 9, resetAt: NOW + 1_000 }),
        header("tokens", "tokens", "minute", { limit: 3_000, remaining: 2_900 }),
      ],
    ],
    [
      "Anthropic's for a key (docs.anthropic.com/en/api/rate-limits), without a broken time",
      ANTHROPIC_HEADERS,
      {
        "anthropic-ratelimit-requests-limit": "50",
        "anthropic-ratelimit-requests-remaining": "49",
        "anthropic-ratelimit-requests-reset": "2026-01-05T12:00:30Z",
        "anthropic-ratelimit-tokens-limit": "1000",
        "anthropic-ratelimit-tokens-remaining": "10",
        "anthropic-ratelimit-tokens-reset": "tomorrow",
        "anthropic-ratelimit-input-tokens-remaining": "7",
      },
      [
        header("requests", "requests", "minute", { limit: 50, remaining: 49, resetAt: NOW + 30_000 }),
        header("tokens", "tokens", "minute", { limit: 1_000, remaining: 10 }),
        header("input tokens", "tokens", "minute", { remaining: 7 }),
      ],
    ],
    [
      "Anthropic's for a subscription, a spent fraction in epoch seconds and RFC 3339 (anomalyco/opencode#49653)",
      ANTHROPIC_HEADERS,
      {
        "anthropic-ratelimit-unified-status": "rejected",
        "anthropic-ratelimit-unified-reset": `${NOW / 1_000 + 7_200}`,
        "anthropic-ratelimit-unified-representative-claim": "five_hour",
        "anthropic-ratelimit-unified-5h-status": "rejected",
        "anthropic-ratelimit-unified-5h-utilization": "1.02",
        "anthropic-ratelimit-unified-5h-reset": `${NOW / 1_000 + 7_200}`,
        "anthropic-ratelimit-unified-7d-status": "allowed",
        "anthropic-ratelimit-unified-7d-utilization": "0.25",
        "anthropic-ratelimit-unified-7d-reset": "2026-01-09T00:00:00Z",
      },
      [
        ofAccount("usage", "5h", { limit: 1, used: 1.02, remaining: 0, resetAt: NOW + 2 * HOUR_MS, isRefused: true }),
        ofAccount("usage", "week", { limit: 1, used: 0.25, remaining: 0.75, resetAt: Date.UTC(2026, 0, 9) }),
      ],
    ],
    [
      "Anthropic's of accounts that send the common reset alone",
      ANTHROPIC_HEADERS,
      { "anthropic-ratelimit-unified-reset": `${NOW / 1_000 + 60}` },
      [ofAccount("usage of all windows", "none", { resetAt: NOW + 60_000 })],
    ],
  ])("reads %s", (_whose, table, headers, windows) => {
    expect(read(table, headers as Record<string, string>)).toEqual(windows);
  });

  it.each([
    ["0", "0"],
    ["-1", "-1"],
    ["-1", "5"],
    ["100", "-1"],
  ])("takes a limit of %s with %s remaining for unknown, as Azure writes", (limit, remaining) => {
    const headers = { "x-ratelimit-limit-tokens": limit, "x-ratelimit-remaining-tokens": remaining };
    expect(read(OPENAI_HEADERS, headers)).toBeUndefined();
  });

  it("keeps a window that is empty", () => {
    const headers = { "x-ratelimit-limit-tokens": "100", "x-ratelimit-remaining-tokens": "0" };
    expect(read(OPENAI_HEADERS, headers)).toEqual([header("tokens", "tokens", "minute", { limit: 100, remaining: 0 })]);
  });

  it.each([OPENAI_HEADERS, ANTHROPIC_HEADERS, []])("says nothing where there are no headers", (...table) => {
    expect(read(table.flat() as readonly HeaderWindow[], {})).toBeUndefined();
  });
});

interface Case {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Record<string, string>;
  readonly table?: readonly HeaderWindow[];
}

function refused({ status, body, headers = {}, table = [] }: Case) {
  const refusal = readRefusal(body, { status, headers: new Headers(headers), now: NOW });
  return readQuotaRefusal(refusal, reasonOf(refusal, "chat"), { ...TERMS, table });
}

const error = (message: string, more: object = {}) => ({ error: { message, ...more } });
const google = (
  quotaId: string,
  quotaValue: string,
  message = "You exceeded your current quota.",
  retryDelay = "41s",
) =>
  error(message, {
    code: 429,
    status: "RESOURCE_EXHAUSTED",
    details: [
      {
        "@type": "type.googleapis.com/google.rpc.QuotaFailure",
        violations: [{ quotaId, quotaValue, quotaDimensions: { location: "global", model: "gemini-2.5-pro" } }],
      },
      { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay },
    ],
  });
/** Midnight in California, in winter. */
const PACIFIC_MIDNIGHT = Date.UTC(2026, 0, 6, 8);
const usd = (name: string, period: string) => ({ name, scope: "account", unit: "usd", period });
const model = (name: string, unit: string, period: string) => ({ name, scope: "model", model: "m1", unit, period });

describe("readQuotaRefusal()", () => {
  it.each<readonly [string, Case, object]>([
    [
      "OpenAI's quota (platform.openai.com/docs/guides/error-codes)",
      {
        status: 429,
        body: error("You exceeded your current quota, please check your plan.", { code: "insufficient_quota" }),
      },
      usd("balance", "none"),
    ],
    [
      "OpenAI's spend limit of an organization",
      { status: 429, body: error("Limit reached.", { code: "organization_spend_limit_exceeded" }) },
      usd("organization spend limit", "month"),
    ],
    [
      "OpenAI's spend limit of a project",
      { status: 429, body: error("Limit reached.", { code: "project_spend_limit_exceeded" }) },
      usd("project spend limit", "month"),
    ],
    [
      "OpenAI's usage limit of an organization",
      { status: 429, body: error("Limit reached.", { code: "organization_usage_limit_exceeded" }) },
      usd("organization usage limit", "month"),
    ],
    [
      "a credit balance that is used up, by its code alone",
      { status: 400, body: { error: { code: "credit_balance_exhausted" } } },
      usd("balance", "none"),
    ],
    [
      "Anthropic's spend limit with its date (docs.anthropic.com/en/api/rate-limits)",
      {
        status: 400,
        body: error(
          "You have reached your specified API usage limits. You will regain access on 2026-02-01 at 00:00 UTC.",
          { type: "invalid_request_error" },
        ),
      },
      { ...usd("spend limit", "month"), resetAt: Date.UTC(2026, 1, 1) },
    ],
    [
      "Anthropic's enforced spend limit",
      {
        status: 429,
        body: error("Limit reached.", { type: "rate_limit_error", code: "enforced_spend_limit_reached" }),
      },
      usd("spend limit", "month"),
    ],
    [
      "an insufficient balance with 402 (api-docs.deepseek.com)",
      { status: 402, body: error("Insufficient Balance") },
      usd("balance", "none"),
    ],
    ["an insufficient balance with 401", { status: 401, body: error("Insufficient balance") }, usd("balance", "none")],
    [
      "Gemini's requests of a minute",
      { status: 429, body: google("GenerateRequestsPerMinutePerProjectPerModel-FreeTier", "10") },
      { ...model("requests", "requests", "minute"), limit: 10, resetAt: NOW + 41_000 },
    ],
    [
      "Gemini's requests of a day, which end at midnight in California and not after the delay",
      { status: 429, body: google("GenerateRequestsPerDayPerProjectPerModel-FreeTier", "250") },
      { ...model("requests", "requests", "day"), limit: 250, resetAt: PACIFIC_MIDNIGHT },
    ],
    [
      "Gemini's input tokens of a minute",
      { status: 429, body: google("GenerateContentInputTokensPerModelPerMinute-FreeTier", "250000") },
      { ...model("input tokens", "tokens", "minute"), limit: 250_000, resetAt: NOW + 41_000 },
    ],
    [
      "Gemini's limit of 0: not in this plan",
      {
        status: 429,
        body: google(
          "GenerateRequestsPerDayPerProjectPerModel-FreeTier",
          "0",
          "Quota exceeded for metric: x, limit: 0",
        ),
      },
      { ...model("requests", "requests", "none"), limit: 0 },
    ],
    [
      "Gemini's monthly spending cap",
      {
        status: 429,
        body: error("Your project has exceeded its monthly spending cap.", { status: "RESOURCE_EXHAUSTED" }),
      },
      usd("spending cap", "month"),
    ],
    [
      "a weekly usage limit with 403 (openclaw/openclaw#142656)",
      { status: 403, body: error("You have reached your weekly usage limit. It resets in 2 days and 5 hours.") },
      { name: "usage", scope: "account", unit: "fraction", period: "week", resetAt: NOW + 53 * HOUR_MS },
    ],
    [
      "Groq's tokens of a day, with its amounts",
      {
        status: 429,
        table: GROQ_HEADERS,
        headers: { "retry-after": "340" },
        body: error(
          "Rate limit reached for model `m1` in organization `org_1` service tier `on_demand` on tokens per day (TPD): " +
            "Limit 100000, Used 99893, Requested 501. Please try again in 5m40.416s.",
          { type: "tokens", code: "rate_limit_exceeded" },
        ),
      },
      { ...model("tokens", "tokens", "day"), limit: 100_000, used: 99_893, resetAt: NOW + 340_000 },
    ],
    [
      "OpenAI's requests of a minute, with its amounts",
      {
        status: 429,
        body: error(
          "Rate limit reached for m1 in organization org-1 on requests per min (RPM): Limit 3, Used 3, Requested 1. " +
            "Please try again in 20s.",
          { type: "requests", code: "rate_limit_exceeded" },
        ),
      },
      { ...model("requests", "requests", "minute"), limit: 3, used: 3, resetAt: NOW + 20_000 },
    ],
    [
      "OpenRouter's free requests of a day (Gitlawb/openclaude#936)",
      {
        status: 429,
        body: error("Rate limit exceeded: free-models-per-day.", {
          code: 429,
          metadata: { headers: { "X-RateLimit-Reset": `${NOW + 12 * HOUR_MS}` } },
        }),
      },
      {
        name: "free requests",
        scope: "model",
        model: "*:free",
        unit: "requests",
        period: "day",
        resetAt: NOW + 12 * HOUR_MS,
      },
    ],
    [
      "OpenRouter's limit of a key (RooCodeInc/Roo-Code#515)",
      { status: 403, body: error("Key limit exceeded (monthly limit). Manage it using https://openrouter.ai/keys") },
      usd("key limit", "month"),
    ],
    [
      "xAI's credits",
      {
        status: 429,
        body: {
          code: "resource-exhausted",
          error: "Your team has either used all available credits or reached its monthly spending limit.",
        },
      },
      usd("spending cap", "month"),
    ],
    [
      "a plain 429 that says how long",
      { status: 429, body: error("Slow down."), headers: { "retry-after": "7" } },
      { ...model("requests", "requests", "minute"), resetAt: NOW + 7_000 },
    ],
    [
      "a plain 429 that asks for more than a minute",
      { status: 429, body: error("Slow down."), headers: { "retry-after": "600" } },
      { ...model("requests", "requests", "hour"), resetAt: NOW + 600_000 },
    ],
  ])("reads %s", (_what, given, window) => {
    expect(refused(given)).toEqual([{ ...window, source: "error", observedAt: NOW, isRefused: true }]);
  });

  it("joins what words and headers say of one window", () => {
    const windows = refused({
      status: 429,
      table: OPENAI_HEADERS,
      headers: {
        "x-ratelimit-limit-requests": "3",
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "20s",
        "x-ratelimit-limit-tokens": "1000",
        "x-ratelimit-remaining-tokens": "900",
      },
      body: error("Rate limit reached on requests per min (RPM): Limit 3, Used 3, Requested 1."),
    });
    expect(windows).toMatchObject([
      { name: "requests", limit: 3, used: 3, remaining: 0, resetAt: NOW + 20_000, isRefused: true },
      { name: "tokens", limit: 1_000, remaining: 900 },
    ]);
    expect(windows?.[1]).not.toHaveProperty("isRefused");
  });

  it.each([
    ["a 429 that does not say how long", { status: 429, body: error("Slow down.") }],
    ["a server that is overloaded", { status: 529, body: error("Overloaded", { type: "overloaded_error" }) }],
    ["a refused key", { status: 401, body: error("Incorrect API key provided.") }],
  ])("makes no quota of %s", (_what, given) => {
    expect(refused(given)).toBeUndefined();
  });

  it.each([
    ["in summer", Date.UTC(2026, 6, 1, 12), Date.UTC(2026, 6, 2, 7)],
    ["on the day of 23 hours", Date.UTC(2026, 2, 8, 9), Date.UTC(2026, 2, 9, 7)],
    ["on the day of 25 hours", Date.UTC(2026, 10, 1, 8), Date.UTC(2026, 10, 2, 8)],
    ["a second before it", Date.UTC(2026, 0, 6, 7, 59, 59), Date.UTC(2026, 0, 6, 8)],
    ["at it", Date.UTC(2026, 0, 6, 8), Date.UTC(2026, 0, 7, 8)],
  ])("ends Google's day at midnight in California, %s", (_when, now, resetAt) => {
    const body = google("GenerateRequestsPerDayPerProjectPerModel", "250");
    const refusal = readRefusal(body, { status: 429, now });
    expect(readQuotaRefusal(refusal, "quota", { now, model: "m1", table: [] })).toMatchObject([{ resetAt }]);
  });
});
