import { MessageType } from "discord.js";
import type { EarlierMessage } from "../../port/platform.js";
import type { MessageEvent } from "../wire/events.js";
import { displayNameOf } from "../wire/places.js";

/** What people say: an ordinary message, and a reply. */
export const SPOKEN_TYPES: readonly MessageType[] = [MessageType.Default, MessageType.Reply];

/** What the bot has to do with a message. */
export type MessageVerdict = { readonly isForUs: false } | { readonly isForUs: true; readonly text: string };

/**
 * Whether a message is meant for the bot: a direct message, one that names it, a reply to it, or one in a thread that it
 * follows. Not one that reaches it by a role or everyone, and never one of a bot, a webhook or Discord itself.
 */
export function judgeMessage(message: MessageEvent, facts: { selfId: string; isFollowed: boolean }): MessageVerdict {
  const { author, webhook_id, type, content, referenced_message } = message;
  if (author.bot || author.id === facts.selfId || webhook_id !== undefined) return { isForUs: false };
  if (!SPOKEN_TYPES.includes(type)) return { isForUs: false };
  const own = new RegExp(`<@!?${facts.selfId}>`, "g");
  const isNamed = own.test(content);
  // Without the message content intent, a reply that does not ping comes without its text.
  const isToSelf = referenced_message?.author.id === facts.selfId;
  // Discord may leave out what a reply refers to; a reply that pings then tells by its mentions.
  const isPing =
    type === MessageType.Reply && referenced_message == null && message.mentions.some(({ id }) => id === facts.selfId);
  const isReply = (isToSelf || isPing) && content !== "";
  const isForUs = message.guild_id === undefined || isNamed || isReply || (facts.isFollowed && content !== "");
  if (!isForUs) return { isForUs };
  return { isForUs, text: textOf(message, facts.selfId) };
}

/** What was said, without the bot's own mention and with other people's by name: a model can make nothing of their ids. */
export function textOf({ content, mentions }: Pick<MessageEvent, "content" | "mentions">, selfId: string): string {
  const text = content.replace(new RegExp(`<@!?${selfId}> ?`, "g"), "").trim();
  return mentions.reduce(
    (rest, user) => rest.replaceAll(new RegExp(`<@!?${user.id}>`, "g"), () => `@${displayNameOf(user)}`),
    text,
  );
}

/** What the message replies to, where its text is given and is not the bot's own. */
export function quoteOf({ referenced_message }: MessageEvent, selfId: string): EarlierMessage | undefined {
  if (!referenced_message || referenced_message.author.id === selfId) return undefined;
  const text = textOf(referenced_message, selfId);
  return text === "" ? undefined : { author: displayNameOf(referenced_message.author), text };
}
