import { z } from "zod";
import type { Identity } from "../wire/identity.js";
import { optionalText } from "../wire/optional-text.js";
import { readMentionText } from "./mention-text.js";

const messageSchema = z.looseObject({
  type: z.enum(["app_mention", "message"]),
  channel: z.string().min(1),
  ts: z.string().min(1),
  user: z.string().min(1),
  text: z
    .string()
    .nullish()
    .transform((text) => text ?? ""),
  thread_ts: optionalText,
  channel_type: optionalText,
  subtype: optionalText,
  bot_id: optionalText,
  app_context: z.unknown().optional(),
  assistant_thread: z.unknown().optional(),
  edited: z
    .unknown()
    .optional()
    .transform((edited) => edited || undefined),
});

/** Something that a person wrote, and why it may concern the bot. */
export interface Written {
  readonly channel: string;
  readonly ts: string;
  /** The thread that it was written in. */
  readonly thread: string | undefined;
  readonly user: string;
  readonly text: string;
  readonly isDirect: boolean;
  /** Written in the agent container, where each message outside a thread begins one. */
  readonly isInAgent: boolean;
  /** False for one in a thread that does not name the bot: it concerns it only where the bot takes part. */
  readonly isAddressed: boolean;
}

/** Said by a person as usual: in a thread and to the channel too, or with a file, or as "/me". */
const SPOKEN = new Set(["thread_broadcast", "file_share", "me_message"]);

/** One and the same message comes as `app_mention` and as `message`; both are read alike. Undefined: not for us. */
export function readMessage(event: unknown, { botUserId }: Identity): Written | undefined {
  const { data: message } = messageSchema.safeParse(event);
  if (message === undefined) return undefined;
  const { channel, ts, user, thread_ts: thread } = message;
  const isOurs = user === botUserId || message.bot_id !== undefined || user === "USLACKBOT";
  const isSpoken = message.subtype === undefined || SPOKEN.has(message.subtype);
  if (isOurs || !isSpoken || message.edited !== undefined) return undefined;
  const isDirect = channel.startsWith("D") || message.channel_type === "im";
  const isAddressed = isDirect || message.type === "app_mention" || message.text.includes(`<@${botUserId}`);
  // In a thread that nobody called it into, or said to somebody else.
  if (!isAddressed && (thread === undefined || /^\s*<@/.test(message.text))) return undefined;
  const isInAgent = isDirect && Boolean(message.app_context ?? message.assistant_thread);
  return {
    channel,
    ts,
    thread,
    user,
    text: readMentionText(message.text, botUserId),
    isDirect,
    isInAgent,
    isAddressed,
  };
}
