import type { Hono } from "hono";
import { z } from "zod";
import type { Refresher } from "../../../refresh/refresher.js";

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
