import type { Hono } from "hono";
import { z } from "zod";
import type { Invocation, Reply } from "../../../commands/command.js";
import { assetRoutes } from "../http/assets.js";
import { readJson } from "../http/body.js";
import { HttpError } from "../http/http-error.js";
import { type ConsoleEventsDeps, createConsoleEvents } from "./console-events.js";

export interface ConsoleDeps extends ConsoleEventsDeps {
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
  page: {
    path: "/console",
    title: "Console · Evergreen",
    styles: ["/assets/vendor/uplot.css", "/assets/console/console.css", "/assets/console/tables.css"],
  },
  vendor: {
    "/assets/vendor/uplot.mjs": "uplot/dist/uPlot.esm.js",
    "/assets/vendor/uplot.css": "uplot/dist/uPlot.min.css",
  },
});

export function createConsole({ run, ...deps }: ConsoleDeps): Console {
  const events = createConsoleEvents(deps);
  return {
    start: events.start,
    stop: events.stop,
    routes(app) {
      mountPage(app);
      app.get("/api/console", async (context) => context.json(await events.all()));
      app.get("/api/console/events", (context) => events.open(context));
      app.post("/api/console/commands", async (context) => {
        const parsed = order.safeParse(await readJson(context));
        if (!parsed.success) throw new HttpError(400, parsed.error.issues[0]?.message ?? "The request is not valid.");
        let last: Reply = { markdown: "" };
        for await (const reply of run(parsed.data.command)) last = reply;
        const { settings } = events.state();
        return context.json({ text: last.markdown, isFailure: last.isFailure === true, settings });
      });
    },
  };
}

/** Who types at the console: whoever holds the token, and so an operator of its workspace ("playground:local"). */
export const consoleInvocation = (workspace: string): Invocation => ({
  platform: workspace.split(":")[0] ?? "",
  workspace,
  conversation: `${workspace}:console`,
  user: { id: "console", name: "the console" },
  isOperator: true,
  isDirect: false,
  isGuest: false,
  isInGroup: async () => false,
  canShowFiles: false,
});
