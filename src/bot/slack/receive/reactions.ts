import { z } from "zod";
import type { Reaction } from "../../port/platform.js";
import { emojiOfName } from "../wire/emoji.js";
import type { Identity } from "../wire/identity.js";
import { optionalText } from "../wire/optional-text.js";

const reactionSchema = z.looseObject({
  user: z.string(),
  reaction: z.string(),
  item_user: optionalText,
  item: z.looseObject({ type: z.literal("message"), channel: z.string(), ts: z.string() }),
});

/** A person's reaction on a message that is not known to be somebody else's: Slack may leave its author out. */
export function readReaction(
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
