import { Hono } from "hono";
import { expect, it } from "vitest";
import { quotaRoute } from "../../../../src/bot/web/http/api-routes.js";
import type { QuotaState } from "../../../../src/quota/quota.js";
import { quotaState, SURE } from "../../../support/quota-states.js";

async function answer(...states: readonly QuotaState[]) {
  const app = new Hono();
  quotaRoute({ states: () => states })(app);
  return (await app.request("/api/quota")).json();
}

it("GET /api/quota tells every window with null for what is unknown, and no more of a forecast than its times", async () => {
  const balance = quotaState({
    window: {
      ...{ provider: "deepseek", scope: "account", model: undefined, name: "balance", unit: "usd", period: "none" },
      ...{ limit: undefined, used: undefined, remaining: 4.5, resetAt: undefined, source: "endpoint", observedAt: 7 },
    },
    isOut: true,
  });
  const risk = quotaState({ riskSince: 3, forecast: { ...SURE, shareAtEnd: { low: 0.8, high: 1.2 } } });
  expect(await answer(balance, risk)).toEqual({
    windows: [
      {
        ...{ provider: "deepseek", scope: "account", name: "balance", unit: "usd", period: "none" },
        ...{ limit: null, used: null, remaining: 4.5, resetAt: null, source: "endpoint", observedAt: 7 },
        ...{ isOut: true, riskSince: null, forecast: null },
      },
      {
        ...{ provider: "groq", scope: "model", model: "m1", name: "requests", unit: "requests", period: "day" },
        ...{ limit: 1_000, used: 130, remaining: 870, resetAt: Date.UTC(2026, 0, 11), source: "header" },
        ...{ observedAt: Date.UTC(2026, 0, 5, 12), isOut: false, riskSince: 3, forecast: SURE },
      },
    ],
  });
  expect(await answer()).toEqual({ windows: [] });
});
