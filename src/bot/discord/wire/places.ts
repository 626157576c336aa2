import type { ChannelKey } from "../../port/platform.js";

export const PLATFORM_NAME = "discord";
/** The workspace of all direct messages. */
export const DIRECT_WORKSPACE = "dm";
/** https://discord.com/developers/docs/resources/channel#channel-object-channel-types */
const THREAD_TYPES = [10, 11, 12];

/** What is known of a channel: enough to tell a thread from its parent. */
export interface ChannelFacts {
  readonly type: number;
  readonly parent_id?: string | null | undefined;
}

/** A thread is a conversation of its own inside its parent channel. */
export function placeOf(channelId: string, guildId: string | undefined, channel: ChannelFacts | undefined): ChannelKey {
  if (guildId === undefined) return { platform: PLATFORM_NAME, workspace: DIRECT_WORKSPACE, channel: channelId };
  const parent = channel && THREAD_TYPES.includes(channel.type) ? channel.parent_id : undefined;
  const place = { platform: PLATFORM_NAME, workspace: guildId };
  return parent ? { ...place, channel: parent, thread: channelId } : { ...place, channel: channelId };
}

/** Discord's own id of a place: a thread is a channel there. */
export const channelIdOf = ({ channel, thread }: ChannelKey): string => thread ?? channel;

/** The name that people read beside a message. */
export const nameOf = (
  user: { readonly username: string; readonly global_name?: string | null | undefined },
  member?: { readonly nick?: string | null | undefined },
): string => member?.nick ?? user.global_name ?? user.username;
