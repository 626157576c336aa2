import { randomBytes } from "node:crypto";
import { z } from "zod";
import type { Clock } from "../../../base/clock.js";
import type { Reply } from "../../../commands/command.js";
import { stacked } from "../../delivery/code-fence.js";
import { type ChannelKey, type ChatPlatform, currentReply, type MessageKey } from "../../port/platform.js";
import { PlatformError } from "../../port/platform-error.js";
import { discordStatusOf } from "../wire/errors.js";
import { channelIdOf } from "../wire/places.js";
import type { Calls } from "./calls.js";
import type { IdFor } from "./components.js";
import { createNonces } from "./nonces.js";
import { patiently } from "./patiently.js";
import { postedMessage, shows } from "./posted-message.js";
import { MAX_MESSAGE_CHARS, messageOf, type Rendered } from "./render.js";
import type { DiscordRest } from "./rest.js";
import type { MessageDoor } from "./shown-messages.js";

const shown = z.object({ content: z.string() });

/** Parses what Discord answered. @throws {PlatformError} when it is not what it ought to be */
export function parsed<T>(schema: z.ZodType<T>, answer: unknown, what: string): T {
  const result = schema.safeParse(answer);
  if (result.success) return result.data;
  throw new PlatformError("discord", "unavailable", `Discord answered ${what} with something unexpected`);
}

/** Longer than a text takes where it arrives at all; by its nonce, it is not there twice when it is sent again. */
const TEXT_TIMEOUT_MS = 5_000;

const termsOf = (files: Rendered["files"]) => (files === undefined ? { timeoutMs: TEXT_TIMEOUT_MS } : { files });

/** A reply that nothing else repeats is tried for so long. */
const DOOR_PATIENCE_MS = 30_000;

export interface SendDeps {
  readonly clock: Clock;
  readonly rest: DiscordRest;
  readonly calls: Pick<Calls, "take" | "takeMessage">;
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
    const answer = await twice(
      () => rest.call("POST", base, given),
      () => calls.takeMessage("post", channel, { rank: "last-text", ...(replyTo && { replyTo }) }),
    );
    const message = parsed(postedMessage, answer, what);
    const { id } = message;
    // What it shows is what the post before said, should that one have arrived after all.
    if (mayDiffer && !shows(message, body)) {
      await calls.takeMessage("edit", { ...channel, message: id }, { rank: "last-text", ...(replyTo && { replyTo }) });
      await change({ ...channel, message: id }, { body });
    }
    done();
    return id;
  };
  const change = async (message: MessageKey, { body, files }: Rendered, replyTo?: MessageKey) => {
    const given = { what: "editing a message", body, ...termsOf(files) };
    await twice(
      () => rest.call("PATCH", addressOf(message), given),
      () => calls.takeMessage("edit", message, { rank: "last-text", ...(replyTo && { replyTo }) }),
    );
  };
  /** A fault of Discord's servers is most often over at once; whoever waits for a text does not wait for a pause. */
  const twice = async (call: () => Promise<unknown>, wait: () => Promise<void>) => {
    try {
      return await call();
    } catch (error) {
      if ((discordStatusOf(error) ?? 0) < 500) throw error;
      await wait();
      return call();
    }
  };
  return {
    async post(channel, reply, terms = {}) {
      await calls.takeMessage("post", channel, terms);
      const { platform, workspace, channel: id, thread } = channel;
      const place = { platform, workspace, channel: id, ...(thread !== undefined && { thread }) };
      return { ...place, message: await send(channel, await messageOf(currentReply(reply), idFor), terms.replyTo) };
    },
    async edit(message, reply, terms = {}) {
      await calls.takeMessage("edit", message, terms);
      const current = currentReply(reply);
      if (current !== undefined) await change(message, await messageOf(current, idFor), terms.replyTo);
    },
    async append(message, lines, controls: Reply["controls"] = []) {
      const what = "reading a message";
      const path = addressOf(message);
      await calls.take("GET", path, "last-text");
      const { content } = parsed(shown, await rest.call("GET", path, { what }), what);
      const markdown = stacked([content, lines]);
      if (markdown.length > MAX_MESSAGE_CHARS)
        throw new PlatformError("discord", "refused", "The message is too full for another line");
      await calls.takeMessage("edit", message, { rank: "last-text" });
      await change(message, await messageOf({ markdown, controls }, idFor));
      return content;
    },
    doorOf(channel, replyTo) {
      const terms = { clock, patienceMs: DOOR_PATIENCE_MS };
      const keyOf = (message: string): MessageKey => ({ ...channel, message });
      return {
        post: (message) =>
          patiently(
            async () => {
              await calls.takeMessage("post", channel, { rank: "first-text" });
              return send(channel, message, replyTo);
            },
            { ...terms, isOnlyOnce: replyTo === undefined },
          ),
        edit: (id, message) =>
          patiently(async () => {
            await calls.takeMessage("edit", channel, { rank: "progress" });
            await change(keyOf(id), message);
          }, terms),
        async remove(id) {
          await calls.take("DELETE", addressOf(keyOf(id)), "progress");
          await rest.call("DELETE", addressOf(keyOf(id)), { what: "deleting a message" });
        },
      };
    },
  };
}

export const addressOf = (message: MessageKey): `/${string}` =>
  `/channels/${channelIdOf(message)}/messages/${message.message}`;
