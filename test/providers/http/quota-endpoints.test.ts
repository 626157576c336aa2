import { describe, expect, it } from "vitest";
import {
  deepseekBalance,
  liteLlmKey,
  moonshotBalance,
  openRouterCredits,
  openRouterKey,
} from "../../../src/providers/http/quota-endpoints.js";

/** A Monday. */
const NOW = Date.UTC(2026, 0, 5, 12);
const told = { source: "endpoint", observedAt: NOW };
const balance = { name: "balance", scope: "account", unit: "usd", period: "none", ...told };

describe("openRouterKey()", () => {
  const endpoint = openRouterKey("https://openrouter.ai/api/v1");
  const key = { label: "sk-or", usage: 5.8, limit: 10, limit_remaining: 4.2, limit_reset: "weekly" };

  it("asks beside the list", () => {
    expect(endpoint.url).toBe("https://openrouter.ai/api/v1/key");
  });

  it("reads the key's limit with its renewal on Monday, and the free requests of the day", () => {
    const free_model_daily_requests = { used: 12, limit: 50, remaining: 38 };
    expect(endpoint.read({ data: { ...key, free_model_daily_requests } }, NOW)).toEqual([
      {
        ...{ name: "key limit", scope: "account", unit: "usd", period: "week", limit: 10, remaining: 4.2 },
        ...{ used: 5.8, resetAt: Date.UTC(2026, 0, 12), ...told },
      },
      {
        ...{ name: "free requests", scope: "model", model: "*:free", unit: "requests", period: "day" },
        ...{ limit: 50, used: 12, remaining: 38, resetAt: Date.UTC(2026, 0, 6), ...told },
      },
    ]);
  });

  it.each([
    ["daily", "day", Date.UTC(2026, 0, 6)],
    ["monthly", "month", Date.UTC(2026, 1, 1)],
  ])("knows when a %s limit renews", (limit_reset, period, resetAt) => {
    expect(endpoint.read({ data: { ...key, limit_reset } }, NOW)).toMatchObject([{ period, resetAt }]);
  });

  it("knows no window of a key without a limit", () => {
    expect(endpoint.read({ data: { limit: null, limit_remaining: null, usage: 3 } }, NOW)).toEqual([]);
    expect(endpoint.read({ error: "no" }, NOW)).toBeUndefined();
  });
});

describe("openRouterCredits()", () => {
  it("reads what is left of the credits", () => {
    const endpoint = openRouterCredits("https://openrouter.ai/api/v1");
    expect(endpoint.url).toBe("https://openrouter.ai/api/v1/credits");
    expect(endpoint.read({ data: { total_credits: 100, total_usage: 25.5 } }, NOW)).toEqual([
      { ...balance, limit: 100, used: 25.5, remaining: 74.5 },
    ]);
    expect(endpoint.read({ data: { total_credits: 10, total_usage: 10 } }, NOW)).toMatchObject([{ isRefused: true }]);
    expect(endpoint.read([], NOW)).toBeUndefined();
  });
});

describe("deepseekBalance()", () => {
  const endpoint = deepseekBalance("https://api.deepseek.com/v1");
  const answer = (is_available: boolean, currency: string, total_balance: string) => ({
    is_available,
    balance_infos: [{ currency, total_balance, granted_balance: "0.00", topped_up_balance: total_balance }],
  });

  it("asks outside the version of the API", () => {
    expect(endpoint.url).toBe("https://api.deepseek.com/user/balance");
  });

  it("reads dollars, and of other money whether there is any", () => {
    expect(endpoint.read(answer(true, "USD", "12.34"), NOW)).toEqual([{ ...balance, remaining: 12.34 }]);
    expect(endpoint.read(answer(true, "CNY", "110.00"), NOW)).toEqual([balance]);
    expect(endpoint.read(answer(false, "USD", "0.00"), NOW)).toEqual([{ ...balance, remaining: 0, isRefused: true }]);
    expect(endpoint.read({ is_available: "yes" }, NOW)).toBeUndefined();
  });
});

describe("liteLlmKey()", () => {
  const endpoint = liteLlmKey("http://127.0.0.1:4000/v1");
  const info = { spend: 2.5, max_budget: 10, budget_duration: "30d", budget_reset_at: "2026-02-01T00:00:00Z" };

  it("reads the budget of the key", () => {
    expect(endpoint.url).toBe("http://127.0.0.1:4000/key/info");
    expect(endpoint.read({ key: "hash", info }, NOW)).toEqual([
      {
        ...{ name: "key budget", scope: "account", unit: "usd", period: "month", limit: 10, remaining: 7.5, used: 2.5 },
        ...{ resetAt: Date.UTC(2026, 1, 1), ...told },
      },
    ]);
    expect(endpoint.read({ info: { ...info, max_budget: null } }, NOW)).toEqual([]);
    expect(endpoint.read({ info: { ...info, spend: 11 } }, NOW)).toMatchObject([{ remaining: -1, isRefused: true }]);
    expect(endpoint.read("no", NOW)).toBeUndefined();
  });
});

describe("moonshotBalance()", () => {
  const body = { code: 0, data: { available_balance: 49.5, voucher_balance: 46.5, cash_balance: 3 }, status: true };

  it("reads dollars at the international address, and elsewhere whether there is any money", () => {
    const endpoint = moonshotBalance("https://api.moonshot.ai/v1");
    expect(endpoint.url).toBe("https://api.moonshot.ai/v1/users/me/balance");
    expect(endpoint.read(body, NOW)).toEqual([{ ...balance, remaining: 49.5 }]);
    expect(moonshotBalance("https://api.moonshot.cn/v1").read(body, NOW)).toEqual([balance]);
    const empty = endpoint.read({ data: { available_balance: 0 } }, NOW);
    expect(empty).toEqual([{ ...balance, remaining: 0, isRefused: true }]);
    expect(endpoint.read({}, NOW)).toBeUndefined();
  });
});
