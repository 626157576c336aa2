import type { Context, Hono } from "hono";
import { z } from "zod";
import type { Clock } from "../../../base/clock.js";
import { readJson } from "../http/body.js";
import { HttpError } from "../http/http-error.js";
import type { ChannelActions, NewMessage } from "./actions.js";
import type { ChannelEvents } from "./channel-events.js";
import { MAX_NEWEST, type MessageLog } from "./message-log.js";
import { publicMessage } from "./message-row.js";
import { MAX_QUESTION_BYTES, type QuestionFiles, questionFiles } from "./question-files.js";
import type { Rooms } from "./rooms.js";

/** What the composer's autocomplete offers. */
export interface CommandHint {
  /** Path of the command without its slash: "models use". */
  readonly path: string;
  readonly about: string;
  /** Options of the command in order, with the values of each where those are few. */
  readonly options?: readonly {
    readonly name: string;
    readonly values: readonly { readonly value: string; readonly label: string }[];
  }[];
}

export interface ApiDeps {
  readonly messages: MessageLog;
  readonly hub: ChannelEvents;
  readonly actions: ChannelActions;
  readonly rooms: Rooms;
  readonly files: QuestionFiles;
  readonly clock: Clock;
  commands(): readonly CommandHint[];
}

const MESSAGES = "/api/channels/:channel/messages";

/** The playground's HTTP interface. */
export const apiRoutes =
  ({ messages, hub, actions, rooms, files, clock, commands }: ApiDeps) =>
  (app: Hono): void => {
    roomRoutes(rooms)(app);
    readingRoutes({ messages, rooms, files, clock })(app);
    app.get("/api/commands", (context) => context.json({ commands: commands() }));
    app.get(MESSAGES, async (context) => {
      const channel = parseChannel(context.req.param("channel"));
      const { rows, before } = await messages.newest(channel, parse(newestTerms, context.req.query()));
      return context.json({ messages: rows.map((row) => publicMessage(row, clock.now())), before });
    });
    app.post(MESSAGES, async (context) => {
      const channel = parseChannel(context.req.param("channel"));
      const id = await actions.receive(channel, parseMessage(await readJson(context, MAX_QUESTION_BYTES)));
      return context.json({ id }, 202);
    });
    app.get("/api/channels/:channel/events", (context) => {
      const channel = parseChannel(context.req.param("channel"));
      const client = parseClient(context.req.query("client"));
      return hub.open(context, { channel, client });
    });
    app.post("/api/marks", async (context) => {
      const { channel, message, emoji } = parseMark(await readJson(context));
      return context.json({ id: message, marks: await actions.react(channel, message, emoji) });
    });
    app.post("/api/focus", async (context) => {
      await readJson(context); // a form of another site cannot send JSON
      actions.focus();
      return context.body(null, 204);
    });
  };

const CHANNEL = "/api/channels/:channel";

/** Files of questions, and the search over what was said. */
const readingRoutes =
  ({ messages, rooms, files, clock }: Pick<ApiDeps, "messages" | "rooms" | "files" | "clock">) =>
  (app: Hono) => {
    app.get(`${MESSAGES}/:message/files/:index`, (context) => {
      const { message, index } = context.req.param();
      const file = files.find(parseChannel(context.req.param("channel")), message, Number(index));
      if (file === undefined) throw new HttpError(404, "This file is no longer stored.");
      // Never as what it says it is: it must not become a page of this site.
      return context.body(file.bytes, 200, { "content-type": "application/octet-stream" });
    });
    app.get("/api/search", async (context) => {
      const { words, channel } = parse(search, context.req.query());
      const channels = channel === undefined ? rooms.list().map(({ id }) => id) : [channel];
      return context.json(await searchMessages(messages, { words, channels, now: clock.now() }));
    });
  };

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

const channelId = z.string().regex(/^[a-z0-9-]{1,64}$/, "A channel's name is 1 to 64 of a-z, 0-9 and -.");
const channelName = z.object({
  name: z
    .string("`name` is missing.")
    .transform((name) => name.trim().replace(/^#+\s*/, ""))
    .pipe(z.string().regex(/^[^\p{Cc}]{1,64}$/u, "A channel's name is 1 to 64 characters on one line.")),
});
const client = z.string().regex(/^[\w-]{1,64}$/, "`client` is 1 to 64 letters, digits, - and _.");
/** One emoji: pictures, flags and keycaps with their joiners; digits alone are none. */
const EMOJI = /^(?:\p{Extended_Pictographic}|\p{Emoji_Component}){1,16}$/u;
const EMOJI_BASE = /\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20e3/u;

const LIMIT_FAULT = `\`limit\` is a number from 1 to ${MAX_NEWEST}.`;
const newestTerms = z.object({
  before: z
    .string()
    .regex(/^[\w-]{1,128}$/, "`before` is the id of a message.")
    .optional(),
  limit: z.coerce.number(LIMIT_FAULT).int(LIMIT_FAULT).min(1, LIMIT_FAULT).max(MAX_NEWEST, LIMIT_FAULT).optional(),
});

const unsetWhenNull = <T>(schema: z.ZodType<T>) => schema.nullish().transform((value) => value ?? undefined);
const line = (name: string) => z.string().regex(/^[^\n]{1,200}$/, `\`${name}\` is one line.`);

const newMessage = z
  .object({
    text: z.string("`text` is missing.").trim(),
    client: unsetWhenNull(client),
    on: unsetWhenNull(line("on")),
    panel: unsetWhenNull(line("panel")),
    replaces: unsetWhenNull(line("replaces")),
    files: questionFiles.default([]),
  })
  .refine(({ text, files }) => text !== "" || files.length > 0, "`text` is empty.");
const search = z.object({
  words: z.string("`words` is missing.").trim().min(1, "`words` is empty.").max(200, "`words` is too long."),
  channel: channelId.optional(),
});
const newMark = z.object({
  channel: channelId,
  message: z.string("`message` is missing.").min(1).max(128),
  emoji: z
    .string("`emoji` is missing.")
    .refine((text) => EMOJI.test(text) && EMOJI_BASE.test(text), "`emoji` is not one emoji."),
});

const parseChannel = (value: unknown): string => parse(channelId, value);
const parseChannelName = (value: unknown): string => parse(channelName, value).name;
const parseClient = (value: unknown): string | undefined => parse(client.optional(), value);
const parseMessage = (value: unknown): NewMessage => parse(newMessage, value);
const parseMark = (value: unknown): z.infer<typeof newMark> => parse(newMark, value);

function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new HttpError(400, parsed.error.issues[0]?.message ?? "The request is not valid.");
}

/** A message that has the words that somebody looks for. */
export interface FoundMessage {
  readonly channel: string;
  readonly id: string;
  readonly author: "user" | "bot";
  readonly at: number;
  /** The words where they stand, on one line. */
  readonly excerpt: string;
}

const MAX_RESULTS = 50;
/** Most messages that one search reads. */
const MAX_READ = 5_000;
const EXCERPT_CHARS = 160;
/** Characters of an excerpt before the words. */
const LEAD_CHARS = 50;

/**
 * Returns the messages that contain `words` in any case, the newest of each channel first. `isComplete` is false where
 * there may be more. @throws {StoreError}
 */
export async function searchMessages(
  messages: Pick<MessageLog, "pages">,
  { words, channels, now }: { readonly words: string; readonly channels: readonly string[]; readonly now: number },
): Promise<{ readonly results: readonly FoundMessage[]; readonly isComplete: boolean }> {
  const results: FoundMessage[] = [];
  const wanted = words.toLowerCase();
  let read = 0;
  for (const channel of channels) {
    for await (const page of messages.pages(channel)) {
      for (const { id, author, at, text } of page.map((row) => publicMessage(row, now)).reverse()) {
        const place = text.toLowerCase().indexOf(wanted);
        if (place === -1) continue;
        if (results.length === MAX_RESULTS) return { results, isComplete: false };
        results.push({ channel, id, author, at, excerpt: excerptOf(text, place) });
      }
      read += page.length;
      if (read >= MAX_READ) return { results, isComplete: false };
    }
  }
  return { results, isComplete: true };
}

function excerptOf(text: string, place: number): string {
  const start = Math.max(0, place - LEAD_CHARS);
  const words = text
    .slice(start, start + EXCERPT_CHARS)
    .replaceAll(/\s+/g, " ")
    .trim();
  return `${start > 0 ? "…" : ""}${words}${start + EXCERPT_CHARS < text.length ? "…" : ""}`;
}
