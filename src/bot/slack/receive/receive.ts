import type { App } from "@slack/bolt";
import { z } from "zod";
import { conversationOf } from "../../port/conversation.js";
import type { MessageKey, Reaction } from "../../port/platform.js";
import type { Identity } from "../wire/identity.js";
import { emojiOfName, optionalText, readMentionText } from "../wire/notation.js";
import { isTypedCommand, runTypedCommand } from "./commands.js";
import { readContent, readEarlier } from "./read-content.js";
import { inBackground, isFirstTime, type ReplyContext, threadOf } from "./reply-context.js";

/** Listens for mentions, direct messages and reactions. A listener resolves once the event is stored. */
export function listenForEvents(app: App, deps: ReplyContext): void {
  const { handlers, people, log } = deps;

  const ask = async (written: Written, event: unknown) => {
    const { ts, user, isDirect } = written;
    const message = keyOf(deps, written);
    if (!written.isAddressed && !(await takesPart(deps, message))) return;
    const [content, speaker] = await Promise.all([readContent(event, deps), people.speaker(user)]);
    deps.titles.set(message, content.text);
    await handlers.onMention({
      message,
      ...speaker,
      ...content,
      isDirect,
      ...(message.thread !== undefined &&
        message.thread !== ts && { earlier: (count, signal) => readEarlier(deps, message, count, signal) }),
    });
  };
  const take = async (event: unknown) => {
    const written = readMessage(event, deps.identity);
    if (written === undefined) return;
    if (isTypedCommand(written.text) && written.isAddressed) await runTypedCommand(deps, written);
    else await ask(written, event);
  };
  app.event("app_mention", ({ event }) => take(event));
  app.event("message", ({ event }) => take(event));
  app.event("reaction_added", async ({ event, body }) => {
    const found = readReaction(event, deps.identity);
    if (found === undefined || !(await isFirstTime(deps, `event:${body.event_id}`))) return;
    const { user, ...reaction } = found;
    const react = async () => handlers.onReaction({ ...reaction, ...(await people.speaker(user)) });
    inBackground(log, "a reaction", react());
  });
}

/**
 * Returns the message's key. A mention in a channel and a message in the agent container begin a thread; other direct
 * messages are one conversation, and so is each thread of theirs.
 */
function keyOf({ identity }: ReplyContext, { channel, ts, thread, isDirect, isInAgent }: Written): MessageKey {
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

/** True in threads that the bot was called into, when FOLLOW_THREADS is on. */
async function takesPart({ store, followsThreads }: ReplyContext, message: MessageKey): Promise<boolean> {
  return followsThreads && (await store.values("sessions").get(conversationOf(message))) !== undefined;
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

/** Reads an `app_mention` or a `message`: Slack may send both for one message. Undefined: not for the bot. */
export function readMessage(event: unknown, { botUserId }: Identity): Written | undefined {
  const { data: message } = messageSchema.safeParse(event);
  if (message === undefined) return undefined;
  const { channel, ts, user, thread_ts: thread } = message;
  const isOurs = user === botUserId || message.bot_id !== undefined || user === "USLACKBOT";
  const isSpoken = message.subtype === undefined || SPOKEN.has(message.subtype);
  if (isOurs || !isSpoken || message.edited !== undefined) return undefined;
  const isDirect = channel.startsWith("D") || message.channel_type === "im";
  const isAddressed = isDirect || message.type === "app_mention" || message.text.includes(`<@${botUserId}`);
  // Outside threads, or to somebody else.
  if (!isAddressed && (thread === undefined || /^\s*<@/.test(message.text))) return undefined;
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
