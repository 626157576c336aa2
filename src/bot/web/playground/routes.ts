import type { Context, Hono } from "hono";
import type { Clock } from "../../../base/clock.js";
import { readJson } from "../http/body.js";
import { EVENT_STREAM_HEADERS } from "../http/event-stream.js";
import { HttpError } from "../http/http-error.js";
import type { EventHub } from "./event-hub.js";
import type { Inbox } from "./inbox.js";
import type { MessageLog } from "./message-log.js";
import { publicMessage } from "./render.js";
import { parseChannel, parseChannelName, parseClient, parseMark, parseMessage } from "./requests.js";
import type { Rooms } from "./rooms.js";

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
  readonly rooms: Rooms;
  readonly clock: Clock;
  commands(): readonly CommandHint[];
}

const MESSAGES = "/api/channels/:channel/messages";

/** The playground's HTTP interface. */
export const apiRoutes =
  ({ messages, hub, inbox, rooms, clock, commands }: ApiDeps) =>
  (app: Hono): void => {
    roomRoutes(rooms)(app);
    app.get("/api/commands", (context) => context.json({ commands: commands() }));
    app.get(MESSAGES, async (context) => {
      const rows = await messages.list(parseChannel(context.req.param("channel")));
      return context.json({ messages: rows.map((row) => publicMessage(row, clock.now())) });
    });
    app.post(MESSAGES, async (context) => {
      const channel = parseChannel(context.req.param("channel"));
      const id = await inbox.receive(channel, parseMessage(await readJson(context)));
      return context.json({ id }, 202);
    });
    app.get("/api/channels/:channel/events", (context) => {
      const channel = parseChannel(context.req.param("channel"));
      const client = parseClient(context.req.query("client"));
      if (context.req.method === "HEAD") return context.body(null, 200); // nobody would ever read the stream
      const body = hub.open(channel, client);
      if (body === undefined) throw new HttpError(503, "Too many event streams are open; close some and try again.");
      return context.body(body, 200, EVENT_STREAM_HEADERS);
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

const CHANNEL = "/api/channels/:channel";

const roomRoutes = (rooms: Rooms) => (app: Hono) => {
  const named = (context: Context) => parseChannel(context.req.param("channel"));
  app.get("/api/channels", (context) => context.json({ channels: rooms.list() }));
  app.post("/api/channels", async (context) =>
    context.json(await rooms.create(parseChannelName(await readJson(context))), 201),
  );
  app.patch(CHANNEL, async (context) => {
    const channel = named(context);
    return context.json(await rooms.rename(channel, parseChannelName(await readJson(context))));
  });
  app.delete(CHANNEL, async (context) => {
    await rooms.erase(named(context));
    return context.body(null, 204);
  });
  app.get(`${CHANNEL}/model`, async (context) => context.json(await rooms.model(named(context))));
};
