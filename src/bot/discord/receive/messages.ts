import { MessageType } from "discord-api-types/v10";
import type { Clock } from "../../../base/clock.js";
import { UserError } from "../../../base/errors.js";
import type { Log } from "../../../base/log.js";
import { phrase, t } from "../../../languages/translate.js";
import type { ChatPlatform, Mention, PlatformHandlers } from "../../port/platform.js";
import type { Gateway } from "../gateway/gateway.js";
import type { Places } from "../gateway/places.js";
import { type MessageEvent, messageEvent } from "../wire/events.js";
import { isManager } from "../wire/permissions.js";
import { speakerOf } from "../wire/places.js";
import { hasContent, INTENT_NEEDED, namesId, postTitle, readDiscordMessage, writtenAt } from "./read-message.js";
import { type ReferenceDeps, readBefore, readThreadStart, replyTarget } from "./references.js";

export interface MentionDeps extends ReferenceDeps {
  readonly places: Places;
}

export interface MessageReceiverDeps extends MentionDeps {
  readonly gateway: Pick<Gateway, "self">;
  readonly clock: Pick<Clock, "now">;
  readonly log: Log;
  /** Called with a message that begins with ! or /. */
  onTyped(mention: Mention): Promise<void>;
  readonly platform: Pick<ChatPlatform, "post" | "mark">;
}

const STORE_LINE = phrase`⚠️ Your question could not be saved, so it was not answered. Please ask again in a moment.`;

/** Returns what takes in messages and their edits, and hands on those that are meant for the bot. Neither rejects. */
export function createMessageReceiver(deps: MessageReceiverDeps, handlers: PlatformHandlers) {
  const { log } = deps;
  const isMeant = async (message: MessageEvent, facts: Omit<JudgeFacts, "isFollowed">) =>
    isForBot(message, { ...facts, isFollowed: false }) ||
    (isForBot(message, { ...facts, isFollowed: true }) && (await takesPart(message)));
  /** The bot has opened the thread or answered in it: anybody can make it a mere member. */
  const takesPart = async ({ channel_id, guild_id }: MessageEvent) => {
    const place = await deps.places.find(channel_id, guild_id);
    return place.thread !== undefined && handlers.takesPart(place);
  };
  const take = async (message: MessageEvent, selfId: string, isEdit: boolean) => {
    if (message.mention_roles.length > 0) await deps.places.load(message.guild_id);
    const facts = { selfId, roleId: deps.places.server(message.guild_id)?.roleOfBot(selfId) };
    const isMention = isEdit ? isNamedByEdit(message, facts, deps.clock.now()) : await isMeant(message, facts);
    if (!isMention) return;
    const mention = await discordMention(deps, message, selfId);
    await handlers.inLanguageOf(mention.message, () => hand(mention));
  };
  const hand = async (mention: Mention) => {
    if (isTyped(mention)) return deps.onTyped(mention);
    try {
      await handlers.onMention(mention);
    } catch (error) {
      if (!(error instanceof UserError)) log.error({ error }, "discord: question could not be stored");
      const markdown = error instanceof UserError ? error.message : t(STORE_LINE);
      const { message: question } = mention;
      await deps.platform.post(question, { markdown }, { rank: "error", replyTo: question });
      await deps.platform.mark(question, "failed");
    }
  };
  const receiver =
    (isEdit: boolean) =>
    async (data: unknown): Promise<void> => {
      const message = messageEvent.safeParse(data).data;
      const selfId = deps.gateway.self()?.userId;
      if (message === undefined || selfId === undefined) return log.debug("discord: message was not understood");
      await take(message, selfId, isEdit).catch((error) => log.warn({ error }, "discord: message was not answered"));
    };
  return { onCreate: receiver(false), onEdit: receiver(true) };
}

/** A command where slash commands would do. */
export const isTyped = ({ text }: Mention): boolean => /^[!/]/.test(text);

/** A mention that is added later than this is not answered: the conversation has gone on. */
const MAX_EDITED_MS = 3_600_000;

/**
 * Returns whether somebody added the bot's name to a message. One that named it before was stored then, which keeps it
 * from being answered twice; other changes, as the preview of a link that arrives, are no edits.
 */
function isNamedByEdit(message: MessageEvent, facts: Omit<JudgeFacts, "isFollowed">, now: number): boolean {
  if (message.edited_timestamp === undefined || !isNamed(message, facts)) return false;
  return now - (writtenAt(message) ?? 0) < MAX_EDITED_MS && isForBot(message, { ...facts, isFollowed: false });
}

export async function discordMention(deps: MentionDeps, message: MessageEvent, selfId: string): Promise<Mention> {
  const { id, author, member, guild_id, channel_id } = message;
  await deps.places.load(guild_id);
  const server = deps.places.server(guild_id);
  const key = { ...(await deps.places.find(channel_id, guild_id)), message: id };
  const terms = { guildId: guild_id, selfId };
  const role = server?.roleOfBot(selfId);
  const unnamed = role === undefined ? [selfId] : [selfId, role];
  const read = readDiscordMessage(deps, message, { ...terms, unnamed });
  const { text, attachments, forwarded, leftOut = [] } = read;
  const shared = [...postTitle(deps, id, channel_id), ...(read.shared === "" ? [] : [read.shared])].join("\n\n");
  const { leftOut: unread = [], ...target } = replyTarget(deps, message, terms);
  const isEmptied = !hasContent(message) && role !== undefined && message.mention_roles.includes(role);
  const isSilent = text === "" && shared === "" && attachments === undefined && forwarded === undefined;
  const isBare = isSilent && !isEmptied && message.type !== MessageType.Reply && key.thread !== undefined;
  const allLeftOut = [...leftOut, ...unread, ...(isEmptied ? [ROLE_ONLY] : [])];
  const isOperator = isManager(server, guild_id ?? "", author.id, member?.roles ?? []);
  return {
    message: key,
    text,
    ...speakerOf({ author, member, guildId: guild_id, isOperator }),
    ...(shared !== "" && { shared }),
    ...(attachments !== undefined && { attachments }),
    ...(forwarded !== undefined && { forwarded }),
    ...(allLeftOut.length > 0 && { leftOut: allLeftOut }),
    ...target,
    ...(isBare && { readQuote: (signal: AbortSignal) => readThreadStart(deps, key, { ...terms, signal }) }),
    ...(key.thread !== undefined && {
      earlier: async (count: number, signal: AbortSignal) =>
        (await readBefore(deps, key, { ...terms, count, signal })).filter(({ isFirst }) => !(isBare && isFirst)),
    }),
  };
}

/** Said where Discord emptied a message that names the bot's role. */
const ROLE_ONLY = {
  what: phrase`this message, which mentions my role`,
  why: phrase`${INTENT_NEEDED}; mention me by my own name`,
};

/** What people say: an ordinary message, and a reply. */
const SPOKEN_TYPES: readonly MessageType[] = [MessageType.Default, MessageType.Reply];

export interface JudgeFacts {
  readonly selfId: string;
  /** The role that Discord made for the bot, which its picker offers before the bot itself. */
  readonly roleId?: string | undefined;
  /** In a thread where the bot takes part. */
  readonly isFollowed: boolean;
}

/**
 * Returns whether a message is meant for the bot: a direct message, one that names it or its role, a reply to it, or
 * one in a thread that it follows and that addresses nobody else. Never one that reaches it by another role or
 * everyone, and never one of a bot, a webhook or Discord itself.
 */
export function isForBot(message: MessageEvent, facts: JudgeFacts): boolean {
  const { author, webhook_id, type, referenced_message, mentions = [] } = message;
  if (author.bot || author.id === facts.selfId || webhook_id !== undefined) return false;
  if (!SPOKEN_TYPES.includes(type)) return false;
  if (message.guild_id === undefined || isNamed(message, facts)) return true;
  // Without the message content intent, a reply that does not ping comes without its text.
  if (!hasContent(message) && message.message_snapshots.length === 0) return false;
  // Discord may leave out what a reply refers to; a reply that pings then tells by its mentions.
  const isPing = type === MessageType.Reply && !referenced_message && mentions.some(({ id }) => id === facts.selfId);
  if (referenced_message?.author.id === facts.selfId || isPing) return true;
  return facts.isFollowed && !addressesOthers(message);
}

/** Discord's own list decides: an id inside code, or an escaped one, names nobody. */
export function isNamed(message: MessageEvent, { selfId, roleId }: Pick<JudgeFacts, "selfId" | "roleId">): boolean {
  const { content, mentions, mention_roles } = message;
  const isListed = mentions === undefined || mentions.some(({ id }) => id === selfId);
  if (isListed && namesId(content, ["@", "@!"], selfId)) return true;
  return roleId !== undefined && mention_roles.includes(roleId);
}

/** A name where one is addressed: at the start, perhaps after a greeting, and after a comma at the end. */
const GREETED = /^(?:(?:hi|hey|hello|thanks|thank you|thx|ok|okay|yes|no|cc|fyi)[,!.]?\s+)?<@[!&]?\d+>/i;
const ADDRESS = new RegExp(`${GREETED.source}|[,;]\\s*<@[!&]?\\d+>[\\s?!.]*$`, "i");

/** Whether a message in a thread is for somebody else: a reply to them, or their name where one is addressed. */
function addressesOthers({ type, content, author, referenced_message, mentions = [] }: MessageEvent): boolean {
  if (ADDRESS.test(content.trim()) || /^@(everyone|here)\b/.test(content.trim())) return true;
  if (type !== MessageType.Reply) return false;
  return referenced_message ? referenced_message.author.id !== author.id : mentions.length > 0;
}
