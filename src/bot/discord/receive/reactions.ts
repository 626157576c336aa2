import type { Log } from "../../../base/log.js";
import type { PlatformHandlers } from "../../port/platform.js";
import type { Gateway } from "../gateway/gateway.js";
import type { Places } from "../gateway/places.js";
import { reactionEvent } from "../wire/events.js";
import { isManager } from "../wire/permissions.js";
import { speakerOf } from "../wire/places.js";

export interface ReactionReceiverDeps {
  readonly gateway: Pick<Gateway, "self">;
  readonly places: Places;
  readonly log: Log;
}

/**
 * Several processes with one token all get it, and it has no id: the same person, message and emoji within so long are
 * one. Nobody takes a reaction away and puts it again so quickly, but to try what happens.
 */
const ONCE_MS = 5_000;

/** Hands on what people put under the bot's own messages. Never rejects. */
export function createReactionReceiver({ gateway, places, log }: ReactionReceiverDeps, handlers: PlatformHandlers) {
  return async (data: unknown, eventId: string): Promise<void> => {
    const event = reactionEvent.safeParse(data);
    const selfId = gateway.self()?.userId;
    if (!event.success || selfId === undefined) return log.debug("discord: reaction was not understood");
    const { user_id, channel_id, message_id, guild_id, message_author_id, member, emoji } = event.data;
    // Whose message it is may be left out; the board knows its own.
    if ((message_author_id ?? selfId) !== selfId || user_id === selfId || member?.user?.bot) return;
    if (emoji.id || !emoji.name) return; // a server's own emoji means nothing here
    if (!(await handlers.isFirst(`reaction:${message_id}:${user_id}:${emoji.name}`, ONCE_MS))) return;
    // Who goes on with an ended process's session is sent its last events again.
    if (!(await handlers.isFirst(`reaction-event:${eventId}`))) return;
    await places.load(guild_id);
    const server = places.server(guild_id);
    try {
      await handlers.onReaction({
        message: { ...(await places.find(channel_id, guild_id)), message: message_id },
        emoji: emoji.name,
        ...speakerOf({
          author: member?.user ?? { id: user_id, username: user_id },
          member,
          guildId: guild_id,
          isOperator: isManager(server, guild_id ?? "", user_id, member?.roles ?? []),
        }),
      });
    } catch (error) {
      log.warn({ error }, "discord: reaction was not answered");
    }
  };
}
