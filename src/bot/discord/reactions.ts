import type { Log } from "../../log.js";
import type { PlatformHandlers } from "../platform.js";
import { reactionEvent } from "./events.js";
import type { Gateway } from "./gateway.js";
import { isManager } from "./permissions.js";
import type { Places } from "./remember-places.js";
import { speakerOf } from "./speaker.js";

export interface ReactionDeps {
  readonly gateway: Pick<Gateway, "self" | "server">;
  readonly places: Places;
  readonly log: Log;
}

/** Hands on what people put under the bot's own messages. Never rejects. */
export function createReactionReceiver({ gateway, places, log }: ReactionDeps, handlers: PlatformHandlers) {
  return async (data: unknown): Promise<void> => {
    const event = reactionEvent.safeParse(data);
    const selfId = gateway.self()?.userId;
    if (!event.success || selfId === undefined) return log.debug("a reaction of Discord was not understood");
    const { user_id, channel_id, message_id, guild_id, message_author_id, member, emoji } = event.data;
    // Whose message it is may be left out; the board knows its own.
    if ((message_author_id ?? selfId) !== selfId || user_id === selfId || member?.user?.bot) return;
    if (emoji.id || !emoji.name) return; // a server's own emoji means nothing here
    const server = guild_id === undefined ? undefined : gateway.server(guild_id);
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
      log.warn({ error }, "a reaction of Discord was not answered");
    }
  };
}
