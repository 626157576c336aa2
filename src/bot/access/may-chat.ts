import type { Invocation } from "../../commands/command.js";
import type { Settings, WorkspaceSettings } from "../../refresh/settings.js";
import { channelKeyOf } from "../port/conversation.js";
import type { ChannelKey, Speaker } from "../port/platform.js";

/**
 * Why somebody's question is not taken, as they read it; undefined where it is. Operators may always ask, though only in
 * the channels that are open; a direct message is no channel.
 */
export async function chatRefusal(
  { access = {} }: WorkspaceSettings,
  { channel, thread }: ChannelKey,
  { author, isDirect, isOperator, isGuest, isInGroup }: Speaker,
): Promise<string | undefined> {
  const { channels = [], who = [], guests = true } = access;
  const isOpen = isDirect || channels.length === 0 || channels.includes(channel) || channels.includes(thread ?? "");
  if (!isOpen) return "🔒 I don't answer in this channel. `/settings show` says where I do.";
  if (isOperator) return undefined;
  if (!guests && isGuest === true) return "🔒 Guests can't ask me here. An operator can change that.";
  if (who.length === 0 || who.includes(author.id)) return undefined;
  const memberships = await Promise.all(who.map((group) => isInGroup?.(group) ?? false));
  return memberships.includes(true)
    ? undefined
    : "🔒 Only some people may ask me here, and you are not among them yet. An operator can change that.";
}

/** The same for whoever would change a conversation by a command; operators may in every channel. */
export const commandRefusal =
  (settings: Pick<Settings, "of">) =>
  async ({ workspace, conversation, user, ...speaker }: Invocation): Promise<string | undefined> =>
    speaker.isOperator
      ? undefined
      : chatRefusal(settings.of(workspace), channelKeyOf(conversation), { ...speaker, author: user });
