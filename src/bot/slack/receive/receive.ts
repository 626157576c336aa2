import type { App } from "@slack/bolt";
import { z } from "zod";
import { BoundedMap } from "../../../base/bounded-map.js";
import type { Clock } from "../../../base/clock.js";
import { createSerial } from "../../../base/serial.js";
import { conversationOf } from "../../port/conversation.js";
import type { Mention, MessageKey, Reaction } from "../../port/platform.js";
import type { Identity } from "../wire/identity.js";
import { emojiOfName, optionalText, readMentionText } from "../wire/notation.js";
import { isTypedCommand, runTypedCommand } from "./commands.js";
import { readContent, referencesOf } from "./read-content.js";
import { inBackground, type ReplyContext, threadOf } from "./reply-context.js";

/** Listens for mentions, direct messages and reactions. A listener resolves once the event is stored. */
export function listenForEvents(app: App, deps: ReplyContext): void {
  const { handlers, people, clock, log } = deps;
  const lateFiles = createLateFiles(clock);
  const inOrder = createSerial();

  const ask = async (written: Written, event: object) => {
    const { channel } = written;
    const message = keyOf(deps, written);
    if (!written.isAddressed && !(await handlers.takesPart(message))) return;
    // Group direct messages send both events always, channels where threads are followed.
    const hasSecond = deps.followsThreads || channel.startsWith("G");
    const whole = hasSecond ? lateFiles.wait(event) : Promise.resolve(event);
    const mention = slackMention(deps, written, whole);
    await inOrder(conversationOf(message), async () => handlers.onMention(await mention));
  };
  const take = async (event: object) => {
    const written = readWritten(event, deps.identity, clock.now());
    if (written === undefined) return;
    lateFiles.offer(event);
    if (isTypedCommand(written.text) && written.isAddressed) await runTypedCommand(deps, written);
    else await ask(written, event);
  };
  app.event("app_mention", ({ event }) => take(event));
  app.event("message", ({ event }) => take(event));
  app.event("reaction_added", async ({ event, body }) => {
    const found = readReaction(event, deps.identity);
    if (found === undefined || !(await handlers.isFirst(`event:${body.event_id}`))) return;
    const { user, ...reaction } = found;
    const react = async () => handlers.onReaction({ ...reaction, ...(await people.speaker(user)) });
    inBackground(log, "a reaction", react());
  });
}

/** Reads the whole of a message that is meant for the bot. Never rejects. */
export async function slackMention(
  deps: Omit<ReplyContext, "handlers">,
  written: Written,
  event: object | Promise<object>,
): Promise<Mention> {
  const message = keyOf(deps, written);
  const reading = Promise.resolve(event).then((whole) => readContent(whole, deps));
  const [speaker, content] = await Promise.all([deps.people.speaker(written.user), reading]);
  deps.titles.set(message, content.text);
  return { message, ...speaker, ...content, isDirect: written.isDirect, ...referencesOf(deps, message, content) };
}

/**
 * Returns the message's key. A mention in a channel and a message in the agent container begin a thread; other direct
 * messages are one conversation, and so is each thread of theirs.
 */
function keyOf(
  { identity }: Pick<ReplyContext, "identity">,
  { channel, ts, thread, isDirect, isInAgent }: Written,
): MessageKey {
  const begun = isDirect && !isInAgent ? undefined : ts;
  const own = isDirect && !isInAgent ? threadOf(channel, ts, thread) : thread;
  const place = own ?? begun;
  return {
    platform: "slack",
    workspace: identity.teamId,
    channel,
    ...(place !== undefined && { thread: place }),
    message: ts,
  };
}

const messageSchema = z.looseObject({
  type: z.enum(["app_mention", "message"]),
  channel: z.string().min(1),
  ts: z.string().min(1),
  user: z.string().min(1),
  text: z
    .string()
    .nullish()
    .transform((text) => text ?? ""),
  thread_ts: optionalText,
  channel_type: optionalText,
  subtype: optionalText,
  bot_id: optionalText,
  app_context: z.unknown().optional(),
  assistant_thread: z.unknown().optional(),
  edited: z
    .unknown()
    .optional()
    .transform((edited) => edited || undefined),
});

/** A message that a person wrote. */
export interface Written {
  readonly channel: string;
  readonly ts: string;
  /** The thread that it was written in, by its first message. */
  readonly thread: string | undefined;
  readonly user: string;
  readonly text: string;
  readonly isDirect: boolean;
  /** In the agent container, where each message outside a thread begins one. */
  readonly isInAgent: boolean;
  /** False for a message in a thread that doesn't mention the bot: for the bot only where it takes part. */
  readonly isAddressed: boolean;
}

/** Subtypes of ordinary messages: in a thread and to the channel too, with a file, as "/me". */
const SPOKEN = new Set(["thread_broadcast", "file_share", "me_message"]);

/** How long an edited message is answered (ms): as long as the claim that tells whether it was answered already. */
const EDITABLE_MS = 3_600_000;

/**
 * Reads an `app_mention` or a `message`: Slack may send both for one message. Returns undefined for one that is not for
 * the bot. An edited mention is read while the message is under an hour old; its claim tells whether it was answered.
 * `now` in epoch ms.
 */
export function readWritten(event: unknown, { botUserId }: Identity, now: number): Written | undefined {
  const { data: message } = messageSchema.safeParse(event);
  if (message === undefined) return undefined;
  const { channel, ts, user, thread_ts: thread } = message;
  const isOurs = user === botUserId || message.bot_id !== undefined || user === "USLACKBOT";
  const isSpoken = message.subtype === undefined || SPOKEN.has(message.subtype);
  const isLateEdit = message.type !== "app_mention" || now - Number(ts) * 1_000 >= EDITABLE_MS;
  if (isOurs || !isSpoken || (message.edited !== undefined && isLateEdit)) return undefined;
  const isDirect = channel.startsWith("D") || message.channel_type === "im";
  const isNamed = new RegExp(`<@${botUserId}[|>]`).test(message.text);
  const isAddressed = isDirect || message.type === "app_mention" || isNamed;
  if (!isAddressed && (thread === undefined || isToOthers(message.text))) return undefined;
  const isInAgent = isDirect && Boolean(message.app_context ?? message.assistant_thread);
  return {
    channel,
    ts,
    thread,
    user,
    text: readMentionText(message.text, botUserId),
    isDirect,
    isInAgent,
    isAddressed,
  };
}

/** Somebody, a group, or everybody who is there. */
const OTHERS = "<(?:@|!subteam\\^|!here|!channel|!everyone)[^>]*>";
/** Addressed at the beginning, perhaps behind a greeting, or at the end behind a comma or "cc". */
const TO_OTHERS = [
  new RegExp(`^[^\\p{L}\\p{N}<]*(?:[\\p{L}']+[^\\p{L}\\p{N}<]+){0,1}${OTHERS}`, "u"),
  new RegExp(`(?:,|\\bcc:?)\\s*${OTHERS}[^\\p{L}\\p{N}]*$`, "iu"),
];

/** True for a message without the bot's mention that speaks to somebody else. */
const isToOthers = (text: string): boolean => TO_OTHERS.some((form) => form.test(text));

const reactionSchema = z.looseObject({
  user: z.string(),
  reaction: z.string(),
  item_user: optionalText,
  item: z.looseObject({ type: z.literal("message"), channel: z.string(), ts: z.string() }),
});

/** Reads a person's reaction. Returns undefined on somebody else's message; Slack may leave out its author. */
function readReaction(
  event: unknown,
  { teamId, botUserId }: Identity,
): (Pick<Reaction, "message" | "emoji" | "isDirect"> & { readonly user: string }) | undefined {
  const { data } = reactionSchema.safeParse(event);
  if (data === undefined || data.user === botUserId || (data.item_user ?? botUserId) !== botUserId) return undefined;
  const emoji = emojiOfName(data.reaction);
  if (emoji === undefined) return undefined;
  const { channel, ts } = data.item;
  return {
    message: { platform: "slack", workspace: teamId, channel, message: ts },
    emoji,
    isDirect: channel.startsWith("D"),
    user: data.user,
  };
}

/** Slack sends a mention as `app_mention` and, where the app is subscribed, as `message`: files may be in that only. */
export interface LateFiles {
  /** Hands on a `message` event to whoever waits for the files of its mention. */
  offer(event: MentionEvent): void;
  /** Resolves with the event of a mention, with the files that its `message` event brings shortly after. */
  wait(event: MentionEvent): Promise<MentionEvent>;
}

export interface MentionEvent {
  readonly type?: unknown;
  readonly channel?: unknown;
  readonly ts?: unknown;
  readonly files?: unknown;
}

/** How long an answer waits for the second event (ms): Slack sends both together. */
const WAIT_MS = 250;
const MAX_WAITING = 500;

export function createLateFiles(clock: Clock): LateFiles {
  const waiting = new BoundedMap<string, (event: MentionEvent) => void>(MAX_WAITING);
  const keyOf = ({ channel, ts }: MentionEvent) => `${channel}:${ts}`;
  return {
    offer(event) {
      waiting.get(keyOf(event))?.(event);
    },
    async wait(event) {
      if (event.type !== "app_mention" || event.files !== undefined) return event;
      const key = keyOf(event);
      const second = new Promise<MentionEvent>((resolve) => waiting.set(key, resolve));
      const [files] = await Promise.race([second.then((found) => [found.files]), clock.sleep(WAIT_MS).then(() => [])]);
      waiting.delete(key);
      return files === undefined ? event : { ...event, files };
    },
  };
}
