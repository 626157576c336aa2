import { MessageType } from "discord.js";
import { z } from "zod";
import type { EarlierMessage, MessageKey } from "../../port/platform.js";
import type { Calls } from "../send/calls.js";
import type { DiscordRest } from "../send/rest.js";
import { parsed } from "../wire/answer.js";
import { listedMessage } from "../wire/events.js";
import { channelIdOf, displayNameOf } from "../wire/places.js";
import { SPOKEN_TYPES, textOf } from "./judge-message.js";

/** Discord gives no more at once. */
const MOST_AT_ONCE = 100;

const what = "reading a thread";

/** What people said in a thread before a message, oldest first; the bot's own answers are no news to it. */
export function createEarlier({ rest, calls }: { readonly rest: DiscordRest; readonly calls: Pick<Calls, "take"> }) {
  return async (
    message: MessageKey,
    selfId: string,
    count: number,
    signal: AbortSignal,
  ): Promise<readonly EarlierMessage[]> => {
    const limit = Math.min(Math.max(1, Math.floor(count)), MOST_AT_ONCE);
    const path = `/channels/${channelIdOf(message)}/messages` as const;
    await calls.take("GET", path, "first-text", signal);
    const answer = await rest.call("GET", `${path}?before=${message.message}&limit=${limit}`, { what, signal });
    const found = parsed(z.array(z.unknown()), answer, what).flatMap((one) => listedMessage.safeParse(one).data ?? []);
    return (
      found
        // A thread begins with a stand-in for the message that it was started from.
        .map((one) =>
          one.type === MessageType.ThreadStarterMessage ? (one.referenced_message ?? undefined) : spoken(one),
        )
        .filter((one) => one !== undefined)
        .filter(({ author, content }) => author.id !== selfId && content.trim() !== "")
        .map((one) => ({ author: displayNameOf(one.author), text: textOf(one, selfId) }))
        .reverse()
    );
  };
}

const spoken = (message: z.infer<typeof listedMessage>) => (SPOKEN_TYPES.includes(message.type) ? message : undefined);
