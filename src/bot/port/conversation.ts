import { z } from "zod";
import { inLanguage } from "../../languages/translate.js";
import type { Settings } from "../../refresh/settings.js";
import type { ChannelKey, MessageKey } from "./platform.js";

/** The key of the conversation that a place belongs to: platform:workspace:channel[:thread]. */
export const conversationOf = ({ platform, workspace, channel, thread }: ChannelKey): string =>
  [platform, workspace, channel, ...(thread === undefined ? [] : [thread])].join(":");

/** The channel that a message stands in, over all its threads. */
export const channelOf = ({ platform, workspace, channel }: ChannelKey): string =>
  `${platform}:${workspace}:${channel}`;

/** The workspace of direct messages, where they belong to no other. */
export const DIRECT_WORKSPACE = "dm";

/** What settings and the ledger know a workspace by; a direct message outside any workspace is one by itself. */
export const workspaceOf = ({ platform, workspace, channel }: ChannelKey): string =>
  [platform, workspace, ...(workspace === DIRECT_WORKSPACE ? [channel] : [])].join(":");

/** Runs work in the language that a place's workspace has set. */
export const inLanguageOf = <T>(settings: Pick<Settings, "languageOf">, place: ChannelKey, work: () => T): T =>
  inLanguage(settings.languageOf(workspaceOf(place)), work);

/** The id under which a question is claimed: platform:workspace:channel:message. */
export const questionIdOf = ({ platform, workspace, channel, message }: MessageKey): string =>
  [platform, workspace, channel, message].join(":");

/** How the ids of all questions in a channel begin, those of its threads too. */
export const questionPrefixOf = ({ platform, workspace, channel }: ChannelKey): string =>
  `${[platform, workspace, channel].join(":")}:`;

/** Compares messages of one conversation by when they were written: on every platform, ids grow with time. */
export const compareMessageIds = (a: string, b: string): number => a.localeCompare(b, "en", { numeric: true });

/** The place that a conversation's key names; no platform's ids hold a colon. */
export function channelKeyOf(conversation: string): ChannelKey {
  const [platform = "", workspace = "", channel = "", thread] = conversation.split(":");
  return { platform, workspace, channel, ...(thread !== undefined && { thread }) };
}

/** A message's place as it was stored. */
export const messageKeySchema: z.ZodType<MessageKey> = z.object({
  platform: z.string(),
  workspace: z.string(),
  channel: z.string(),
  thread: z.string().exactOptional(),
  message: z.string(),
});
