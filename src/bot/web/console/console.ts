import type { Hono } from "hono";
import { z } from "zod";
import type { Reply } from "../../../commands/command.js";
import { assetRoutes } from "../http/assets.js";
import { readJson } from "../http/body.js";
import { EVENT_STREAM_HEADERS } from "../http/event-stream.js";
import { HttpError } from "../http/http-error.js";
import { type ConsoleStreamDeps, createConsoleStream } from "./console-stream.js";

export interface ConsoleDeps extends ConsoleStreamDeps {
  /** Runs a command as an operator of the console's workspace. Never throws: failures come as a reply. */
  run(command: string): AsyncIterable<Reply>;
}

/** The operator's page: it shows what the bot knows, and changes settings by the commands that anybody would type. */
export interface Console {
  readonly routes: (app: Hono) => void;
  start(): void;
  stop(): void;
}

/** What its controls type; a console is no chat. */
const COMMANDS = /^\/(settings|refresh-models)( |$)/;
const order = z.object({
  command: z
    .string("`command` is missing.")
    .trim()
    .max(500, "`command` is too long.")
    .regex(COMMANDS, "The console runs /settings and /refresh-models only."),
});

const mountPage = assetRoutes({
  folder: new URL("./page/", import.meta.url),
  prefix: "/assets/console/",
  page: "/console",
  vendor: {
    "/assets/vendor/uplot.mjs": "uplot/dist/uPlot.esm.js",
    "/assets/vendor/uplot.css": "uplot/dist/uPlot.min.css",
  },
});

export function createConsole({ run, ...deps }: ConsoleDeps): Console {
  const stream = createConsoleStream(deps);
  return {
    start: stream.start,
    stop: stream.stop,
    routes(app) {
      mountPage(app);
      app.get("/api/console", async (context) => context.json(await stream.all()));
      app.get("/api/console/events", (context) => {
        if (context.req.method === "HEAD") return context.body(null, 200); // nobody would ever read the stream
        const body = stream.open();
        if (body === undefined) throw new HttpError(503, "Too many consoles are open; close some and try again.");
        return context.body(body, 200, EVENT_STREAM_HEADERS);
      });
      app.post("/api/console/commands", async (context) => {
        const parsed = order.safeParse(await readJson(context));
        if (!parsed.success) throw new HttpError(400, parsed.error.issues[0]?.message ?? "The request is not valid.");
        let last: Reply = { markdown: "" };
        for await (const reply of run(parsed.data.command)) last = reply;
        return context.json({ text: last.markdown, isFailure: last.isFailure === true });
      });
    },
  };
}
