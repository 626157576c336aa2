import type { Hono } from "hono";
import { z } from "zod";
import type { Forecast } from "../../../quota/forecast.js";
import type { Quota, QuotaState } from "../../../quota/quota.js";
import { usedOf } from "../../../quota/windows/window.js";
import type { Refresher } from "../../../refresh/refresher.js";

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

const query = z.object({ since: z.coerce.number().min(0).catch(0) });

/** Mounts `GET /api/changes?since=EPOCH_MS`: what changed on the lists in the last 30 days, oldest first. */
export const changesRoute =
  ({ changes }: Pick<Refresher, "changes">) =>
  (app: Hono): void => {
    app.get("/api/changes", (context) => {
      const { since } = query.parse({ since: context.req.query("since") ?? 0 });
      const all = [...changes().values()].flatMap((log) => log.changes ?? []).filter(({ at }) => at >= since);
      return context.json({ changes: all.sort((a, b) => a.at - b.at) });
    });
  };
