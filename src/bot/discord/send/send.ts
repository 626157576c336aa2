import { randomBytes } from "node:crypto";
import { z } from "zod";
import type { Clock } from "../../../base/clock.js";
import type { Reply } from "../../../commands/command.js";
import { stacked } from "../../delivery/code-fence.js";
import type { ChannelKey, ChatPlatform, MessageKey } from "../../port/platform.js";
import { PlatformError } from "../../port/platform-error.js";
import { discordStatusOf, parsed } from "../wire/answer.js";
import { channelIdOf } from "../wire/places.js";
import type { Calls } from "./calls.js";
import { createNonces } from "./nonces.js";
import { postedMessage, shows } from "./posted-message.js";
import type { IdFor } from "./render.js";
import { MAX_MESSAGE_CHARS, type Rendered, renderedMessage } from "./render.js";
import { type DiscordRest, withRetry } from "./rest.js";
import type { MessageDoor } from "./shown-messages.js";

const shown = z.object({ content: z.string() });

/** Longer than a text takes where it arrives at all; by its nonce, it is not there twice when it is sent again. */
const TEXT_TIMEOUT_MS = 5_000;

const termsOf = (files: Rendered["files"]) => (files === undefined ? { timeoutMs: TEXT_TIMEOUT_MS } : { files });

/** A reply that nothing else repeats is tried for so long. */
const DOOR_PATIENCE_MS = 30_000;

export interface SendDeps {
  readonly clock: Clock;
  readonly rest: DiscordRest;
  readonly calls: Pick<Calls, "take" | "slot">;
  readonly idFor: IdFor;
  /** Tells the posts of this process from those of any other; at most 4 characters. */
  readonly mark?: string;
}

export interface Sender extends Pick<ChatPlatform, "post" | "edit" | "append"> {
  /** A way to say several messages there, each at Discord's pace. */
  doorOf(channel: ChannelKey, replyTo?: MessageKey): MessageDoor;
}

/** What the bot says in channels. */
export function createSender({ clock, rest, calls, idFor, mark = randomBytes(2).toString("hex") }: SendDeps): Sender {
  const nonces = createNonces(mark);
  const send = async (channel: ChannelKey, { body, files }: Rendered, replyTo?: MessageKey): Promise<string> => {
    const what = "posting a message";
    // A question that was deleted meanwhile still gets its answer.
    const reference = replyTo && { message_reference: { message_id: replyTo.message, fail_if_not_exists: false } };
    const { nonce, mayDiffer, done } = nonces.next(replyTo?.message, body);
    const given = { what, body: { ...body, ...reference, ...nonce }, ...termsOf(files) };
    const base = `/channels/${channelIdOf(channel)}/messages` as const;
    const answer = await twice(channel, "post", () => rest.call("POST", base, given));
    const message = parsed(postedMessage, answer, what);
    const { id } = message;
    // What it shows is what the post before said, should that one have arrived after all.
    if (mayDiffer && !shows(message, body)) {
      await calls.slot(channel, "last-text", undefined, "edit");
      await change(channel, id, { body });
    }
    done();
    return id;
  };
  const change = async (channel: ChannelKey, id: string, { body, files }: Rendered) => {
    const path = `/channels/${channelIdOf(channel)}/messages/${id}` as const;
    const given = { what: "editing a message", body, ...termsOf(files) };
    await twice(channel, "edit", () => rest.call("PATCH", path, given));
  };
  /** A fault of Discord's servers is most often over at once; whoever waits for a text does not wait for a pause. */
  const twice = async (channel: ChannelKey, kind: "post" | "edit", call: () => Promise<unknown>) => {
    try {
      return await call();
    } catch (error) {
      if ((discordStatusOf(error) ?? 0) < 500) throw error;
      await calls.slot(channel, "last-text", undefined, kind);
      return call();
    }
  };
  return {
    async post(channel, reply, replyTo) {
      const { platform, workspace, channel: id, thread } = channel;
      const place = { platform, workspace, channel: id, ...(thread !== undefined && { thread }) };
      return { ...place, message: await send(channel, await renderedMessage(reply, idFor), replyTo) };
    },
    edit: async (message, reply) => change(message, message.message, await renderedMessage(reply, idFor)),
    async append(message, lines, controls: Reply["controls"] = []) {
      const what = "reading a message";
      const path = addressOf(message);
      await calls.take("GET", path, "last-text");
      const { content } = parsed(shown, await rest.call("GET", path, { what }), what);
      const markdown = stacked([content, lines]);
      if (markdown.length > MAX_MESSAGE_CHARS)
        throw new PlatformError("discord", "refused", "The message is too full for another line");
      await change(message, message.message, await renderedMessage({ markdown, controls }, idFor));
      return content;
    },
    doorOf(channel, replyTo) {
      const terms = { clock, patienceMs: DOOR_PATIENCE_MS };
      const pathOf = (id: string) => `/channels/${channelIdOf(channel)}/messages/${id}` as const;
      return {
        post: (message) =>
          withRetry(
            async () => {
              await calls.slot(channel, "first-text", undefined, "post");
              return send(channel, message, replyTo);
            },
            { ...terms, isOnlyOnce: replyTo === undefined },
          ),
        edit: (id, message) =>
          withRetry(async () => {
            await calls.slot(channel, "progress", undefined, "edit");
            await change(channel, id, message);
          }, terms),
        async remove(id) {
          await calls.take("DELETE", pathOf(id), "progress");
          await rest.call("DELETE", pathOf(id), { what: "deleting a message" });
        },
      };
    },
  };
}

export const addressOf = (message: MessageKey): `/${string}` =>
  `/channels/${channelIdOf(message)}/messages/${message.message}`;
