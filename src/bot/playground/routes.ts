import type { Hono } from "hono";
import type { Clock } from "../../clock.js";
import { readJson } from "../http/body.js";
import { HttpError } from "../http/http-error.js";
import type { EventHub } from "./event-hub.js";
import type { Inbox } from "./inbox.js";
import type { MessageLog } from "./message-log.js";
import { publicMessage } from "./render.js";
import { parseChannel, parseClient, parseMark, parseMessage } from "./requests.js";

/** What the composer's autocomplete offers. */
export interface CommandHint {
  /** Without its slash: "models use". */
  readonly path: string;
  readonly about: string;
}

export interface ApiDeps {
  readonly messages: MessageLog;
  readonly hub: EventHub;
  readonly inbox: Inbox;
  readonly clock: Clock;
  commands(): readonly CommandHint[];
}

const MESSAGES = "/api/channels/:channel/messages";

/** The playground's HTTP interface. */
export const apiRoutes =
  ({ messages, hub, inbox, clock, commands }: ApiDeps) =>
  (app: Hono): void => {
    app.get("/api/channels", (context) => context.json({ channels: messages.channels().map((id) => ({ id })) }));
    app.get("/api/commands", (context) => context.json({ commands: commands() }));
    app.get(MESSAGES, async (context) => {
      const rows = await messages.list(parseChannel(context.req.param("channel")));
      return context.json({ messages: rows.map((row) => publicMessage(row, clock.now())) });
    });
    app.post(MESSAGES, async (context) => {
      const channel = parseChannel(context.req.param("channel"));
      const { text, client } = parseMessage(await readJson(context));
      return context.json({ id: await inbox.receive(channel, text, client) }, 202);
    });
    app.get("/api/channels/:channel/events", (context) => {
      const channel = parseChannel(context.req.param("channel"));
      const client = parseClient(context.req.query("client"));
      if (context.req.method === "HEAD") return context.body(null, 200); // nobody would ever read the stream
      const body = hub.open(channel, client);
      if (body === undefined) throw new HttpError(503, "Too many event streams are open; close some and try again.");
      const headers = { "content-type": "text/event-stream", "cache-control": "no-cache", "x-accel-buffering": "no" };
      return context.body(body, 200, headers);
    });
    app.post("/api/marks", async (context) => {
      const { channel, message, emoji } = parseMark(await readJson(context));
      return context.json({ id: message, marks: await inbox.react(channel, message, emoji) });
    });
    app.post("/api/focus", async (context) => {
      await readJson(context); // a form of another page sends none
      inbox.focus();
      return context.body(null, 204);
    });
  };
