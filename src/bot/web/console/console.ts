import type { Context, Hono } from "hono";
import { stream } from "hono/streaming";
import { z } from "zod";
import type { Invocation, Reply } from "../../../commands/command.js";
import type { Languages } from "../../../languages/languages.js";
import { eachInLanguage, phrase } from "../../../languages/translate.js";
import type { Audit, AuditEntry } from "../../../store/audit.js";
import { sessionRow } from "../../../store/sessions/session-rows.js";
import type { Session } from "../../../store/sessions/sessions.js";
import type { Store } from "../../../store/store.js";
import type { History } from "../../observe/history.js";
import type { Failures } from "../../observe/recent.js";
import { channelKeyOf } from "../../port/conversation.js";
import { assetRoutes } from "../http/assets.js";
import { readJson } from "../http/body.js";
import { HttpError } from "../http/http-error.js";
import { pageLanguage } from "../http/page.js";
import { type ConsoleEventsDeps, createConsoleEvents } from "./console-events.js";
import { settingsView, workspacesView } from "./console-view.js";

export interface ConsoleDeps extends Omit<ConsoleEventsDeps, "history"> {
  readonly history: Pick<History, "look" | "view">;
  readonly failures: Pick<Failures, "find">;
  /** Runs a command as an operator of this workspace. Never throws: failures come as a reply. */
  run(command: string, workspace: string): AsyncGenerator<Reply>;
  readonly store: Pick<Store, "values">;
  readonly audit: Pick<Audit, "read">;
  /** What the page is there in. */
  readonly languages: Languages;
}

/** The operator's page: it shows what the bot knows, and changes settings by the commands that anybody would type. */
export interface Console {
  readonly routes: (app: Hono) => void;
  start(): void;
  stop(): void;
}

/** What its controls type; a console is no chat. */
const COMMANDS = /^\/(settings|refresh-models|doctor|models offer)( |$)/;
const UNKNOWN_REFERENCE = phrase`This process does not know that reference. It may be older: search the log for it.`;
const order = z.object({
  command: z
    .string("`command` is missing.")
    .trim()
    .max(500, "`command` is too long.")
    .regex(COMMANDS, "The console runs /settings, /refresh-models, /models offer and /doctor only."),
  workspace: z.string().max(200).optional(),
});

const mountPage = assetRoutes({
  folder: new URL("./page/", import.meta.url),
  prefix: "/assets/console/",
  page: {
    path: "/console",
    title: phrase`Console · Evergreen`,
    styles: ["/assets/vendor/uplot.css", "/assets/console/console.css", "/assets/console/tables.css"],
  },
  vendor: {
    "/assets/vendor/uplot.mjs": "uplot/dist/uPlot.esm.js",
    "/assets/vendor/uplot.css": "uplot/dist/uPlot.min.css",
  },
});

export function createConsole({ run, store, audit, languages, ...deps }: ConsoleDeps): Console {
  const events = createConsoleEvents(deps);
  return {
    start: events.start,
    stop: events.stop,
    routes(app) {
      mountPage(app, languages);
      app.get("/api/console", async (context) => context.json(await events.all()));
      app.get("/api/console/events", (context) => events.open(context));
      app.get("/api/console/history", (context) => context.json(deps.history.view()));
      app.get("/api/console/references/:reference", (context) => {
        const failure = deps.failures.find(context.req.param("reference"));
        if (failure === undefined) throw new HttpError(404, UNKNOWN_REFERENCE.english);
        return context.json(failure);
      });
      app.get("/api/console/workspaces", (context) => context.json(workspacesView(deps.facts)));
      app.get("/api/console/conversations", async (context) =>
        context.json(await readConversations(store, context.req.query("before"))),
      );
      app.get("/api/console/audit", async (context) =>
        context.json(await readAudit(audit, { kind: context.req.query("kind"), before: context.req.query("before") })),
      );
      app.post("/api/console/commands", async (context) => {
        const { data, error } = order.safeParse(await readJson(context));
        if (data === undefined) throw new HttpError(400, error.issues[0]?.message ?? "The request is not valid.");
        const { command, workspace = deps.facts.workspace } = data;
        const settings = () => settingsView(deps.facts, workspace);
        const replies = eachInLanguage(pageLanguage(context, languages), () => run(command, workspace));
        return streamReplies(context, replies, (reply) => ({ ...reply, settings: settings() }));
      });
    },
  };
}

/** Answers with one line of JSON for each reply, as it comes; each replaces the one before. */
function streamReplies(
  context: Context,
  replies: AsyncIterable<Reply>,
  complete: (reply: { readonly text: string; readonly isFailure: boolean }) => object,
): Response {
  context.header("content-type", "application/x-ndjson");
  return stream(context, async (output) => {
    for await (const { markdown, isFailure } of replies) {
      await output.writeln(JSON.stringify(complete({ text: markdown, isFailure: isFailure === true })));
    }
  });
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
  door: "console",
  canShowFiles: false,
});

/** A conversation as an operator sees it: where it is and what it is pinned to, and nothing that was said. */
export interface ConversationRow extends Pick<Session, "pin" | "answeredAt"> {
  readonly platform: string;
  readonly workspace: string;
  readonly channel: string;
  readonly thread?: string;
}

export interface ConversationsView {
  readonly conversations: readonly ConversationRow[];
  /** What to ask for the ones before; unset where there are none. */
  readonly before?: string;
}

const PAGE_ROWS = 100;

/** Reads a page of conversations, those with the last keys first. @throws {StoreError} */
export async function readConversations(store: Pick<Store, "values">, before?: string): Promise<ConversationsView> {
  const page = await store.values("sessions").page("", { before, limit: PAGE_ROWS });
  const conversations = page.entries.flatMap(([key, value]): ConversationRow[] => {
    const session = sessionRow.safeParse(value).data;
    return session === undefined ? [] : [{ ...channelKeyOf(key), pin: session.pin, answeredAt: session.answeredAt }];
  });
  return { conversations: conversations.reverse(), ...(page.before !== undefined && { before: page.before }) };
}

export interface AuditView {
  /** Newest first, of all workspaces. */
  readonly entries: readonly AuditEntry[];
  /** What to ask for the ones before; unset where there are none. */
  readonly before?: string;
}

const PAGE_ENTRIES = 50;

/** Reads a page of the record of changes; `kind`: only these, all where it is empty. @throws {StoreError} */
export async function readAudit(
  audit: Pick<Audit, "read">,
  { kind = "", before }: { readonly kind?: string | undefined; readonly before?: string | undefined },
): Promise<AuditView> {
  const isWanted = (entry: AuditEntry) => kind === "" || entry.kind === kind;
  const found = await audit.read({ from: 0, before, isWanted }, PAGE_ENTRIES + 1);
  const shown = found.slice(0, PAGE_ENTRIES);
  const last = found.length > shown.length ? shown.at(-1)?.[0] : undefined;
  return { entries: shown.map(([, entry]) => entry), ...(last !== undefined && { before: last }) };
}
