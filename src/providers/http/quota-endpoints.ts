import { z } from "zod";
import { type CalendarPeriod, calendarWindow } from "../../base/time.js";
import type { QuotaPeriod, QuotaReading } from "../provider.js";

/** An address where a vendor tells what an ordinary key may still use. */
export interface QuotaEndpoint {
  readonly url: string;
  /** Reads the answer; undefined where it is none. */
  read(body: unknown, now: number): readonly QuotaReading[] | undefined;
}

type Amounts = Pick<QuotaReading, "limit" | "used" | "remaining" | "resetAt">;

/** Money of the whole account, in USD. */
const money = (name: string, period: QuotaPeriod, amounts: Amounts, now: number): QuotaReading => ({
  ...{ name, scope: "account", unit: "usd", period, ...amounts, source: "endpoint", observedAt: now },
  ...((amounts.remaining ?? 1) <= 0 && { isRefused: true }),
});

const withoutVersion = (baseUrl: string) => baseUrl.replace(/\/(v1|beta)$/, "");
const amount = z.number().nullish();

/** https://openrouter.ai/docs/api-reference/limits */
export const openRouterKeyAnswer = z.object({
  data: z.object({
    limit: amount,
    limit_remaining: amount,
    limit_reset: z.string().nullish(),
    usage: amount,
    free_model_daily_requests: z.object({ used: amount, limit: amount, remaining: amount }).nullish(),
  }),
});

const RENEWALS: Readonly<Record<string, CalendarPeriod>> = { daily: "day", weekly: "week", monthly: "month" };

export const openRouterKey = (baseUrl: string): QuotaEndpoint => ({
  url: `${baseUrl}/key`,
  read(body, now) {
    const answer = openRouterKeyAnswer.safeParse(body).data?.data;
    if (answer === undefined) return undefined;
    const { limit, limit_remaining: left, limit_reset: renewal, free_model_daily_requests: free } = answer;
    const period = RENEWALS[renewal ?? ""];
    const resetAt = period && calendarWindow(period, now).endsAt;
    const isLimited = typeof limit === "number" && typeof left === "number";
    return [
      ...(isLimited
        ? [money("key limit", period ?? "none", { ...spent(limit, left), ...(resetAt && { resetAt }) }, now)]
        : []),
      ...(typeof free?.limit === "number" ? [freeRequests({ ...free, limit: free.limit }, now)] : []),
    ];
  },
});

const spent = (limit: number, remaining: number): Amounts => ({ limit, remaining, used: limit - remaining });

/** Requests a UTC day to models that cost nothing. */
function freeRequests(
  {
    used,
    limit,
    remaining,
  }: { used?: number | null | undefined; limit: number; remaining?: number | null | undefined },
  now: number,
): QuotaReading {
  return {
    ...{ name: "free requests", scope: "model", model: "*:free", unit: "requests", period: "day", limit },
    ...(typeof used === "number" && { used }),
    ...(typeof remaining === "number" && { remaining }),
    ...{ resetAt: calendarWindow("day", now).endsAt, source: "endpoint", observedAt: now },
  };
}

const creditsAnswer = z.object({ data: z.object({ total_credits: z.number(), total_usage: z.number() }) });

/** https://openrouter.ai/docs/api-reference/get-credits */
export const openRouterCredits = (baseUrl: string): QuotaEndpoint => ({
  url: `${baseUrl}/credits`,
  read(body, now) {
    const answer = creditsAnswer.safeParse(body).data?.data;
    if (answer === undefined) return undefined;
    const { total_credits: limit, total_usage: used } = answer;
    return [money("balance", "none", { limit, used, remaining: limit - used }, now)];
  },
});

/** https://api-docs.deepseek.com/api/get-user-balance; amounts come as text. */
export const deepseekBalanceAnswer = z.object({
  is_available: z.boolean(),
  balance_infos: z.array(z.object({ currency: z.string(), total_balance: z.string() })),
});

export const deepseekBalance = (baseUrl: string): QuotaEndpoint => ({
  url: `${withoutVersion(baseUrl)}/user/balance`,
  read(body, now) {
    const answer = deepseekBalanceAnswer.safeParse(body).data;
    if (answer === undefined) return undefined;
    const usd = answer.balance_infos.find(({ currency }) => currency === "USD")?.total_balance ?? "";
    return [prepaid(usd.trim() === "" ? undefined : Number(usd), answer.is_available, now)];
  },
});

/** A prepaid balance whose beginning nobody tells; `remaining` unset where it is in another currency. */
function prepaid(remaining: number | undefined, isAvailable: boolean, now: number): QuotaReading {
  const { isRefused: _judged, ...balance } = money("balance", "none", {}, now);
  const isKnown = remaining !== undefined && Number.isFinite(remaining);
  return { ...balance, ...(isKnown && { remaining }), ...(!isAvailable && { isRefused: true }) };
}

const liteLlmAnswer = z.object({
  info: z.object({
    spend: amount,
    max_budget: amount,
    budget_duration: z.string().nullish(),
    budget_reset_at: z.string().nullish(),
  }),
});

/** Periods as LiteLLM writes them: "24h", "1d", "7d", "30d", "1mo". */
const BUDGET_PERIODS: readonly (readonly [pattern: RegExp, period: QuotaPeriod])[] = [
  [/^(1d|24h)$/, "day"],
  [/^(7d|1w)$/, "week"],
  [/^(28d|30d|31d|1mo)$/, "month"],
  [/^(1h|60m)$/, "hour"],
];

/** https://docs.litellm.ai/docs/proxy/virtual_keys */
export const liteLlmKey = (baseUrl: string): QuotaEndpoint => ({
  url: `${withoutVersion(baseUrl)}/key/info`,
  read(body, now) {
    const answer = liteLlmAnswer.safeParse(body).data?.info;
    if (answer === undefined) return undefined;
    const { spend, max_budget: limit, budget_duration: duration, budget_reset_at: reset } = answer;
    if (typeof limit !== "number") return [];
    const period = BUDGET_PERIODS.find(([pattern]) => pattern.test(duration ?? ""))?.[1] ?? "none";
    const resetAt = Date.parse(reset ?? "");
    const amounts = { ...spent(limit, limit - (spend ?? 0)), ...(!Number.isNaN(resetAt) && { resetAt }) };
    return [money("key budget", period, amounts, now)];
  },
});

const moonshotAnswer = z.object({ data: z.object({ available_balance: z.number() }) });

/** https://platform.moonshot.ai/docs/api/balance: USD there, yuan at the Chinese address. */
export const moonshotBalance = (baseUrl: string): QuotaEndpoint => ({
  url: `${withoutVersion(baseUrl)}/v1/users/me/balance`,
  read(body, now) {
    const answer = moonshotAnswer.safeParse(body).data?.data;
    if (answer === undefined) return undefined;
    const isUsd = !new URL(baseUrl).hostname.endsWith(".cn");
    return [prepaid(isUsd ? answer.available_balance : undefined, answer.available_balance > 0, now)];
  },
});
