import { ChannelType } from "discord-api-types/v10";
import { DIRECT_WORKSPACE } from "../../port/conversation.js";
import type { ChannelKey, Speaker } from "../../port/platform.js";

export const DISCORD = "discord";
export const THREAD_TYPES: readonly ChannelType[] = [
  ChannelType.AnnouncementThread,
  ChannelType.PublicThread,
  ChannelType.PrivateThread,
];

/** What is known of a channel: enough to tell a thread from its parent. */
export interface ChannelFacts {
  readonly type: number;
  readonly parent_id?: string | null | undefined;
  readonly name?: string | undefined;
}

/** A thread is a conversation of its own inside its parent channel. */
export function placeOf(channelId: string, guildId: string | undefined, channel: ChannelFacts | undefined): ChannelKey {
  if (guildId === undefined) return { platform: DISCORD, workspace: DIRECT_WORKSPACE, channel: channelId };
  const parent = channel && THREAD_TYPES.includes(channel.type) ? channel.parent_id : undefined;
  const place = { platform: DISCORD, workspace: guildId };
  return parent ? { ...place, channel: parent, thread: channelId } : { ...place, channel: channelId };
}

/** Discord's own id of a place: a thread is a channel there. */
export const channelIdOf = ({ channel, thread }: ChannelKey): string => thread ?? channel;

interface User {
  readonly id: string;
  readonly username: string;
  readonly global_name?: string | null | undefined;
}
interface Member {
  readonly nick?: string | null | undefined;
  readonly roles: readonly string[];
}

/** The name that people read beside a message. */
export const displayNameOf = (user: Omit<User, "id">, member?: Pick<Member, "nick">): string =>
  member?.nick ?? user.global_name ?? user.username;

/** Somebody as an event describes them; `member` in servers. Everybody in a server has the role that bears its id. */
export function speakerOf(event: {
  readonly author: User;
  readonly member?: Member | undefined;
  readonly guildId: string | undefined;
  readonly isOperator: boolean;
}): Speaker {
  const { author, member, guildId } = event;
  const speaker = { author: { id: author.id, name: displayNameOf(author, member) } };
  if (guildId === undefined) return { ...speaker, isDirect: true, isOperator: false };
  const isInGroup = async (group: string) => group === guildId || (member?.roles.includes(group) ?? false);
  return { ...speaker, isDirect: false, isOperator: event.isOperator, isInGroup };
}
