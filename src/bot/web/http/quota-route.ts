import type { Hono } from "hono";
import type { Forecast } from "../../../quota/forecast.js";
import type { Quota, QuotaState } from "../../../quota/quota.js";
import { usedOf } from "../../../quota/windows/window.js";

/** Mounts `GET /api/quota`: the quotas of all accounts, the worst first. Times are epoch ms; unknown is null. */
export const quotaRoute =
  (quota: Pick<Quota, "states">) =>
  (app: Hono): void => {
    app.get("/api/quota", (context) => context.json({ windows: quota.states().map(windowView) }));
  };

function windowView({ window, isOut, forecast, riskSince }: QuotaState): object {
  const { provider, scope, model, name, unit, period, limit, remaining, resetAt, source, observedAt } = window;
  return {
    provider,
    scope,
    ...(model !== undefined && { model }),
    name,
    unit,
    period,
    limit: limit ?? null,
    used: usedOf(window) ?? null,
    remaining: remaining ?? null,
    resetAt: resetAt ?? null,
    source,
    observedAt,
    isOut,
    riskSince: riskSince ?? null,
    forecast: forecast === undefined ? null : times(forecast),
  };
}

const times = ({ shareAtEnd: _band, ...rest }: Forecast): object => rest;
