import { z } from "zod";
import type { Reply } from "../../commands/command.js";
import type { ChannelKey, ChatPlatform, MessageKey } from "../platform.js";
import { PlatformError } from "../platform-error.js";
import type { Calls } from "./calls.js";
import { channelIdOf } from "./places.js";
import { attachmentsOf, bodyOf, type IdFor, MAX_MESSAGE_CHARS } from "./render.js";
import type { DiscordRest } from "./rest.js";

const posted = z.object({ id: z.string() });
const shown = z.object({ content: z.string() });

/** Parses what Discord answered. @throws {PlatformError} when it is not what it ought to be */
export function parsed<T>(schema: z.ZodType<T>, answer: unknown, what: string): T {
  const result = schema.safeParse(answer);
  if (result.success) return result.data;
  throw new PlatformError("discord", "unavailable", `Discord answered ${what} with something unexpected`);
}

export interface SendDeps {
  readonly rest: DiscordRest;
  readonly calls: Pick<Calls, "take">;
  readonly idFor: IdFor;
}

/** What the bot says in channels. */
export function createSender({ rest, calls, idFor }: SendDeps): Pick<ChatPlatform, "post" | "edit" | "append"> {
  const post = async (channel: ChannelKey, reply: Reply, replyTo?: MessageKey): Promise<MessageKey> => {
    const what = "posting a message";
    const attachment = attachmentsOf(reply.files);
    const body = {
      ...(await bodyOf(reply.markdown, reply.controls, idFor)),
      ...attachment?.body,
      // A question that was deleted meanwhile still gets its answer.
      ...(replyTo !== undefined && { message_reference: { message_id: replyTo.message, fail_if_not_exists: false } }),
    };
    const answer = await rest.call("POST", `/channels/${channelIdOf(channel)}/messages`, {
      what,
      body,
      ...(attachment && { files: attachment.files }),
    });
    const { platform, workspace, channel: id, thread } = channel;
    const place = { platform, workspace, channel: id, ...(thread !== undefined && { thread }) };
    return { ...place, message: parsed(posted, answer, what).id };
  };
  return {
    post,
    async edit(message, reply) {
      const body = await bodyOf(reply.markdown, reply.controls ?? [], idFor);
      await rest.call("PATCH", addressOf(message), { what: "editing a message", body });
    },
    async append(message, lines, controls = []) {
      const what = "reading a message";
      await calls.take("GET", addressOf(message), "last-text");
      const { content } = parsed(shown, await rest.call("GET", addressOf(message), { what }), what);
      const text = content === "" ? lines : `${content}\n\n${lines}`;
      if (text.length > MAX_MESSAGE_CHARS)
        throw new PlatformError("discord", "refused", "The message is too full for another line");
      const body = await bodyOf(text, controls, idFor);
      await rest.call("PATCH", addressOf(message), { what: "editing a message", body });
      return content;
    },
  };
}

export const addressOf = (message: MessageKey): `/${string}` =>
  `/channels/${channelIdOf(message)}/messages/${message.message}`;
