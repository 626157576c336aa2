import { MessageType } from "discord.js";
import { z } from "zod";
import { UserError } from "../../../base/errors.js";
import type { Log } from "../../../base/log.js";
import type { KeyValue } from "../../../store/store.js";
import { conversationOf } from "../../port/conversation.js";
import type { ChatPlatform, EarlierMessage, Mention, MessageKey, PlatformHandlers } from "../../port/platform.js";
import type { Gateway } from "../gateway/gateway.js";
import type { Places } from "../gateway/places.js";
import type { Calls } from "../send/calls.js";
import type { DiscordRest } from "../send/rest.js";
import { parsed } from "../wire/answer.js";
import { listedMessage, type MessageEvent, messageEvent } from "../wire/events.js";
import { isManager } from "../wire/permissions.js";
import { channelIdOf, displayNameOf, speakerOf } from "../wire/places.js";
import { type AttachmentDeps, discordAttachments } from "./read-attachment.js";

export interface MessageReceiverDeps {
  readonly gateway: Pick<Gateway, "self">;
  readonly places: Places;
  readonly rest: DiscordRest;
  readonly calls: Pick<Calls, "take">;
  readonly followThreads: boolean;
  readonly log: Log;
  /** The stored records of conversations. */
  readonly sessions: Pick<KeyValue, "get">;
  /** Called with what begins with ! or /. */
  onTyped(mention: Mention): Promise<void>;
  readonly platform: Pick<ChatPlatform, "post" | "mark">;
  readonly files: AttachmentDeps;
}

const STORE_LINE = "⚠️ Your question could not be kept just now, so it was not answered. Please ask again in a moment.";

/** Returns what takes in messages and hands on those that are meant for the bot. Never rejects. */
export function createMessageReceiver(deps: MessageReceiverDeps, handlers: PlatformHandlers) {
  const { log } = deps;
  const take = async (message: MessageEvent, selfId: string) => {
    const direct = judgeMessage(message, { selfId, isFollowed: false });
    const isFollowed = !direct.isForUs && deps.followThreads && (await takesPart(deps, message));
    const verdict = isFollowed ? judgeMessage(message, { selfId, isFollowed }) : direct;
    if (!verdict.isForUs) return;
    const mention = await mentionOf(deps, message, verdict.text, selfId);
    if (/^[!/]/.test(verdict.text)) return deps.onTyped(mention);
    try {
      await handlers.onMention(mention);
    } catch (error) {
      if (!(error instanceof UserError)) log.error({ error }, "discord: question could not be stored");
      const markdown = error instanceof UserError ? error.message : STORE_LINE;
      const { message: question } = mention;
      await deps.platform.post(question, { markdown }, { rank: "error", replyTo: question });
      await deps.platform.mark(question, "failed");
    }
  };
  return async (data: unknown): Promise<void> => {
    const message = messageEvent.safeParse(data).data;
    const selfId = deps.gateway.self()?.userId;
    if (message === undefined || selfId === undefined) return log.debug("discord: message was not understood");
    await take(message, selfId).catch((error) => log.warn({ error }, "discord: message was not answered"));
  };
}

/** The bot has opened the thread or answered in it: then there is a conversation. Anybody can make it a mere member. */
async function takesPart(deps: MessageReceiverDeps, { channel_id, guild_id }: MessageEvent): Promise<boolean> {
  const place = await deps.places.find(channel_id, guild_id);
  return place.thread !== undefined && (await deps.sessions.get(conversationOf(place))) !== undefined;
}

async function mentionOf(
  deps: MessageReceiverDeps,
  message: MessageEvent,
  text: string,
  selfId: string,
): Promise<Mention> {
  const { id, author, member, guild_id, channel_id } = message;
  const key = { ...(await deps.places.find(channel_id, guild_id)), message: id };
  const quote = quoteOf(message, selfId);
  const attachments = message.attachments.length > 0 ? discordAttachments(message.attachments, deps.files) : undefined;
  const isOperator = isManager(deps.places.server(guild_id), guild_id ?? "", author.id, member?.roles ?? []);
  return {
    message: key,
    text,
    ...speakerOf({ author, member, guildId: guild_id, isOperator }),
    ...(attachments !== undefined && { attachments }),
    ...(quote !== undefined && { quote }),
    ...(key.thread !== undefined && {
      earlier: (count: number, signal: AbortSignal) => readEarlier(deps, key, { selfId, count, signal }),
    }),
  };
}

/** What people say: an ordinary message, and a reply. */
const SPOKEN_TYPES: readonly MessageType[] = [MessageType.Default, MessageType.Reply];

/** What the bot has to do with a message. */
export type Judgement = { readonly isForUs: false } | { readonly isForUs: true; readonly text: string };

/**
 * Whether a message is meant for the bot: a direct message, one that names it, a reply to it, or one in a thread that
 * it follows. Not one that reaches it by a role or everyone, and never one of a bot, a webhook or Discord itself.
 */
export function judgeMessage(message: MessageEvent, facts: { selfId: string; isFollowed: boolean }): Judgement {
  const { author, webhook_id, type, content, referenced_message } = message;
  if (author.bot || author.id === facts.selfId || webhook_id !== undefined) return { isForUs: false };
  if (!SPOKEN_TYPES.includes(type)) return { isForUs: false };
  const isNamed = new RegExp(`<@!?${facts.selfId}>`).test(content);
  // Without the message content intent, a reply that does not ping comes without its text.
  const isToSelf = referenced_message?.author.id === facts.selfId;
  // Discord may leave out what a reply refers to; a reply that pings then tells by its mentions.
  const hasNoReference = type === MessageType.Reply && referenced_message == null;
  const isPing = hasNoReference && message.mentions.some(({ id }) => id === facts.selfId);
  const isReply = (isToSelf || isPing) && content !== "";
  const isForUs = message.guild_id === undefined || isNamed || isReply || (facts.isFollowed && content !== "");
  return isForUs ? { isForUs, text: textOf(message, facts.selfId) } : { isForUs };
}

/** What was said, without the bot's own mention and with others by name: a model can make nothing of their ids. */
function textOf({ content, mentions }: Pick<MessageEvent, "content" | "mentions">, selfId: string): string {
  let text = content.replace(new RegExp(`<@!?${selfId}> ?`, "g"), "").trim();
  for (const user of mentions)
    text = text.replaceAll(new RegExp(`<@!?${user.id}>`, "g"), () => `@${displayNameOf(user)}`);
  return text;
}

/** What the message replies to, where its text is given and is not the bot's own. */
function quoteOf({ referenced_message }: MessageEvent, selfId: string): EarlierMessage | undefined {
  if (!referenced_message || referenced_message.author.id === selfId) return undefined;
  const text = textOf(referenced_message, selfId);
  return text === "" ? undefined : { author: displayNameOf(referenced_message.author), text };
}

/** Discord gives no more at once. */
const MAX_AT_ONCE = 100;

/** What people said in a thread before a message, without the bot's answers; oldest first. @throws {PlatformError} */
async function readEarlier(
  { rest, calls }: Pick<MessageReceiverDeps, "rest" | "calls">,
  message: MessageKey,
  { selfId, count, signal }: { readonly selfId: string; readonly count: number; readonly signal: AbortSignal },
): Promise<readonly EarlierMessage[]> {
  const what = "reading a thread";
  const limit = Math.min(Math.max(1, Math.floor(count)), MAX_AT_ONCE);
  const path = `/channels/${channelIdOf(message)}/messages` as const;
  await calls.take("GET", path, "first-text", signal);
  const answer = await rest.call("GET", `${path}?before=${message.message}&limit=${limit}`, { what, signal });
  return parsed(z.array(z.unknown()), answer, what)
    .flatMap((one) => spokenIn(listedMessage.safeParse(one).data) ?? [])
    .filter(({ author, content }) => author.id !== selfId && content.trim() !== "")
    .map((one) => ({ author: displayNameOf(one.author), text: textOf(one, selfId) }))
    .reverse();
}

/** A thread begins with a stand-in for the message that it was started from. */
function spokenIn(message: z.infer<typeof listedMessage> | undefined) {
  if (message?.type === MessageType.ThreadStarterMessage) return message.referenced_message;
  return message && SPOKEN_TYPES.includes(message.type) ? message : undefined;
}
