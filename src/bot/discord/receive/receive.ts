import { UserError } from "../../../base/errors.js";
import type { Log } from "../../../base/log.js";
import type { KeyValue } from "../../../store/store.js";
import { conversationOf } from "../../port/conversation.js";
import type { ChatPlatform, Mention, PlatformHandlers } from "../../port/platform.js";
import type { Gateway } from "../gateway/gateway.js";
import { type MessageEvent, messageEvent } from "../wire/events.js";
import { isManager } from "../wire/permissions.js";
import type { createEarlier } from "./earlier.js";
import { judgeMessage, quoteOf } from "./judge-message.js";
import type { createAttachments } from "./read-attachment.js";
import type { Places } from "./remember-places.js";
import { speakerOf } from "./speaker.js";

export interface ReceiveDeps {
  readonly gateway: Pick<Gateway, "self" | "server">;
  readonly places: Places;
  readonly followThreads: boolean;
  readonly log: Log;
  /** The stored records of conversations. */
  readonly sessions: Pick<KeyValue, "get">;
  /** What begins with ! or /. */
  onTyped(mention: Mention): Promise<void>;
  readonly platform: Pick<ChatPlatform, "post" | "mark">;
  readonly attachmentsOf: ReturnType<typeof createAttachments>;
  readonly earlier: ReturnType<typeof createEarlier>;
}

/** Hands every message that is meant for the bot on. Never rejects. */
export function createReceiver(deps: ReceiveDeps, handlers: PlatformHandlers): (data: unknown) => Promise<void> {
  const { gateway, log } = deps;

  const take = async (message: MessageEvent, selfId: string) => {
    const isSpokenTo = judgeMessage(message, { selfId, isFollowed: false });
    const verdict =
      isSpokenTo.isForUs || !deps.followThreads || !(await takesPart(deps, message))
        ? isSpokenTo
        : judgeMessage(message, { selfId, isFollowed: true });
    if (!verdict.isForUs) return;
    const mention = await mentionOf(deps, message, verdict.text, selfId);
    if (/^[!/]/.test(verdict.text)) return deps.onTyped(mention);
    try {
      await handlers.onMention(mention);
    } catch (error) {
      if (!(error instanceof UserError)) log.error({ error }, "a question could not be stored");
      const why = error instanceof UserError ? error.message : STORE_LINE;
      const { message: question } = mention;
      await deps.platform.post(question, { markdown: why }, { rank: "error", replyTo: question });
      await deps.platform.mark(mention.message, "failed");
    }
  };
  return async (data) => {
    const message = messageEvent.safeParse(data);
    const selfId = gateway.self()?.userId;
    if (!message.success || selfId === undefined) return log.debug("a message of Discord was not understood");
    await take(message.data, selfId).catch((error) => log.warn({ error }, "a message of Discord was not answered"));
  };
}

/** The bot has opened the thread or answered in it: then there is a conversation. Anybody can make it a mere member. */
async function takesPart({ places, sessions }: ReceiveDeps, { channel_id, guild_id }: MessageEvent): Promise<boolean> {
  const place = await places.find(channel_id, guild_id);
  return place.thread !== undefined && (await sessions.get(conversationOf(place))) !== undefined;
}

const STORE_LINE = "⚠️ Your question could not be kept just now, so it was not answered. Please ask again in a moment.";

async function mentionOf(deps: ReceiveDeps, message: MessageEvent, text: string, selfId: string): Promise<Mention> {
  const { id, author, member, guild_id, channel_id } = message;
  const key = { ...(await deps.places.find(channel_id, guild_id)), message: id };
  const quote = quoteOf(message, selfId);
  const attachments = deps.attachmentsOf(message.attachments);
  const server = guild_id === undefined ? undefined : deps.gateway.server(guild_id);
  return {
    message: key,
    text,
    ...speakerOf({
      author,
      member,
      guildId: guild_id,
      isOperator: isManager(server, guild_id ?? "", author.id, member?.roles ?? []),
    }),
    ...(attachments.length > 0 && { attachments }),
    ...(quote !== undefined && { quote }),
    ...(key.thread !== undefined && {
      earlier: (count: number, signal: AbortSignal) => deps.earlier(key, selfId, count, signal),
    }),
  };
}
