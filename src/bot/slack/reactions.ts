import { z } from "zod";
import type { Reaction } from "../platform.js";
import { emojiOfName } from "./emoji.js";
import type { Identity } from "./identity.js";

const reactionSchema = z.looseObject({
  user: z.string(),
  reaction: z.string(),
  item_user: z.string().optional(),
  item: z.looseObject({ type: z.literal("message"), channel: z.string(), ts: z.string() }),
});

/** A person's reaction on one of the bot's messages; undefined for every other. */
export function readReaction(
  event: unknown,
  { teamId, botUserId }: Identity,
): (Pick<Reaction, "message" | "emoji" | "isDirect"> & { readonly user: string }) | undefined {
  const { data } = reactionSchema.safeParse(event);
  if (data === undefined || data.user === botUserId || data.item_user !== botUserId) return undefined;
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
