import type { Hono } from "hono";

export interface BaseRoutesDeps {
  isAlive(): boolean;
  readiness(): { readonly isReady: boolean; readonly problems: readonly string[] };
  /** The body of `/api/status`. */
  status(): object;
  /** The body of `/api/models`. */
  models(): object;
  /** Prometheus text. */
  metrics(): Promise<string>;
  readonly metricsContentType: string;
}

/** What runs whether or not the playground does. */
export const baseRoutes = (deps: BaseRoutesDeps) => (app: Hono) => {
  app.get("/healthz", (context) => context.json({ alive: deps.isAlive() }, deps.isAlive() ? 200 : 503));
  app.get("/readyz", (context) => {
    const { isReady, problems } = deps.readiness();
    return context.json({ ready: isReady, problems }, isReady ? 200 : 503);
  });
  app.get("/api/status", (context) => context.json(deps.status()));
  app.get("/api/models", (context) => context.json(deps.models()));
  app.get("/metrics", async (context) =>
    context.body(await deps.metrics(), 200, { "content-type": deps.metricsContentType }),
  );
};
