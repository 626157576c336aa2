import { randomBytes } from "node:crypto";
import { DiscordSnowflake } from "@sapphire/snowflake";
import { MessageFlags, RESTJSONErrorCodes } from "discord-api-types/v10";
import { z } from "zod";
import { BoundedMap } from "../../../base/bounded-map.js";
import type { Clock } from "../../../base/clock.js";
import { messageOf } from "../../../base/errors.js";
import type { Reply } from "../../../commands/command.js";
import { stacked } from "../../delivery/code-fence.js";
import { type ChannelKey, type ChatPlatform, currentReply, type MessageKey } from "../../port/platform.js";
import { PlatformError } from "../../port/platform-error.js";
import { discordCodeOf, discordStatusOf, isFiltered, isReferenceRefused, parsed } from "../wire/answer.js";
import { channelIdOf } from "../wire/places.js";
import type { Calls } from "./calls.js";
import { type IdFor, MAX_MESSAGE_CHARS, type Rendered, renderedMessage } from "./render.js";
import { type DiscordRest, type RestCall, withRetry } from "./rest.js";
import type { MessageDoor } from "./shown-messages.js";

/** Timeout of a post in ms. Its nonce keeps a repeated post from appearing twice. */
const TEXT_TIMEOUT_MS = 5_000;
/** How long a reply that nothing else repeats is tried. */
const DOOR_PATIENCE_MS = 30_000;

export interface DiscordSendDeps {
  readonly clock: Clock;
  readonly rest: DiscordRest;
  readonly calls: Pick<Calls, "take" | "takeMessage">;
  readonly idFor: IdFor;
  /** Tells the posts of this process from those of any other; at most 4 characters. Default: random. */
  readonly mark?: string;
}

export interface Sender extends Pick<ChatPlatform, "post" | "edit" | "append"> {
  /** A way to say several messages there, each at Discord's pace. */
  doorOf(channel: ChannelKey, replyTo?: MessageKey): MessageDoor;
}

const NOT_PRIVATE = "Only an interaction can be answered in private";

/** What the bot says in channels. */
export function createSender(deps: DiscordSendDeps): Sender {
  const { rest, calls, idFor, clock } = deps;
  const nonces = createNonces(deps.mark ?? randomBytes(2).toString("hex"));
  const post = (channel: ChannelKey, message: Rendered, replyTo?: MessageKey, name?: string) =>
    postMessage(deps, nonces, channel, message, { replyTo, name });
  return {
    async post(channel, reply, terms = {}) {
      if (terms.isPrivate) throw new PlatformError("discord", "refused", NOT_PRIVATE);
      await calls.takeMessage("post", channel, terms);
      const { platform, workspace, channel: id, thread } = channel;
      const rendered = await renderedMessage(currentReply(reply), idFor);
      const flags = rendered.body.flags | (terms.isSilent ? MessageFlags.SuppressNotifications : 0);
      const body = { ...rendered.body, flags };
      const found = await findPosted(deps, channel, body, terms.once?.triedSince);
      const message = found ?? (await post(channel, { ...rendered, body }, terms.replyTo, terms.once?.name));
      return { platform, workspace, channel: id, ...(thread !== undefined && { thread }), message };
    },
    async edit(message, reply, terms = {}) {
      await calls.takeMessage("edit", message, terms);
      const current = currentReply(reply);
      if (current !== undefined)
        await changeMessage(deps, message, await renderedMessage(current, idFor), terms.replyTo);
    },
    async append(message, lines, controls: Reply["controls"] = []) {
      const content = await shownText(deps, message);
      const markdown = stacked([content, lines]);
      if (markdown.length > MAX_MESSAGE_CHARS)
        throw new PlatformError("discord", "refused", "The message is too full for another line");
      await calls.takeMessage("edit", message, { rank: "last-text" });
      await changeMessage(deps, message, await renderedMessage({ markdown, controls }, idFor));
      return content;
    },
    doorOf(channel, replyTo) {
      const terms = { clock, patienceMs: DOOR_PATIENCE_MS };
      return {
        async post(message) {
          const attempt = async () => {
            await calls.takeMessage("post", channel, { rank: "first-text" });
            return post(channel, message, replyTo);
          };
          return withRetry(attempt, { ...terms, isOnlyOnce: replyTo === undefined });
        },
        async edit(id, message) {
          const attempt = async () => {
            await calls.takeMessage("edit", channel, { rank: "progress" });
            await changeMessage(deps, { ...channel, message: id }, message);
          };
          return withRetry(attempt, terms);
        },
        async remove(id) {
          const path = addressOf({ ...channel, message: id });
          await calls.take("DELETE", path, "progress");
          await rest.call("DELETE", path, { what: "deleting a message" });
        },
      };
    },
  };
}

export const addressOf = (message: MessageKey): `/${string}` =>
  `/channels/${channelIdOf(message)}/messages/${message.message}`;

/** Looked for in the newest messages of a channel; Discord keeps a nonce for some minutes only. */
/** What a message shows now. @throws {PlatformError} */
async function shownText({ rest, calls }: DiscordSendDeps, message: MessageKey): Promise<string> {
  const what = "reading a message";
  const path = addressOf(message);
  await calls.take("GET", path, "last-text");
  return parsed(withContent, await rest.call("GET", path, { what }), what).content;
}

const SEARCHED_MESSAGES = 100;
const written = z.object({
  id: z.string(),
  content: z.string().catch(""),
  author: z.object({ bot: z.boolean().catch(false) }),
});

/** The message by which an earlier attempt arrived; undefined where there is none, or the bot may not read there. */
async function findPosted(
  { rest, calls }: DiscordSendDeps,
  channel: ChannelKey,
  { content }: Rendered["body"],
  since: number | undefined,
): Promise<string | undefined> {
  if (since === undefined) return undefined;
  const what = "looking for a message";
  const path = `/channels/${channelIdOf(channel)}/messages` as const;
  const after = DiscordSnowflake.generate({ timestamp: since, increment: 0n, processId: 0n, workerId: 0n });
  try {
    await calls.take("GET", path, "board");
    const answer = await rest.call("GET", `${path}?after=${after}&limit=${SEARCHED_MESSAGES}`, { what });
    return parsed(z.array(written), answer, what).find(
      (message) => message.author.bot && message.content.trim() === String(content).trim(),
    )?.id;
  } catch (error) {
    if (error instanceof PlatformError && error.reason === "forbidden") return undefined;
    throw error;
  }
}

/** Posts a message and resolves with its id. @throws {PlatformError} */
async function postMessage(
  deps: DiscordSendDeps,
  nonces: Nonces,
  channel: ChannelKey,
  { body, files }: Rendered,
  { replyTo, name }: { readonly replyTo: MessageKey | undefined; readonly name: string | undefined },
): Promise<string> {
  const what = "posting a message";
  // A question that was deleted meanwhile still gets its answer.
  const reference = replyTo && { message_reference: { message_id: replyTo.message, fail_if_not_exists: false } };
  const { nonce, mayDiffer, done } = nonces.next(replyTo?.message, body);
  const named = name === undefined ? nonce : { nonce: name, enforce_nonce: true };
  const call = { what, body: { ...body, ...reference, ...named }, ...termsOf(files) };
  const terms = { rank: "last-text", ...(replyTo && { replyTo }) } as const;
  const send = (given: RestCall) =>
    twice(
      () => deps.rest.call("POST", `/channels/${channelIdOf(channel)}/messages`, given),
      () => deps.calls.takeMessage("post", channel, terms),
    );
  const answer = await send(call).catch(async (error) => {
    const plainer = isReferenceRefused(error)
      ? { ...call.body, message_reference: undefined }
      : mayDropControls(error, body) && { ...call.body, components: [] };
    if (!plainer) throw error;
    await deps.calls.takeMessage("post", channel, terms);
    return send({ ...call, body: plainer });
  });
  const message = parsed(postedMessage, answer, what);
  const posted = { ...channel, message: message.id };
  // It shows what the post before said, should that one have arrived after all.
  if (mayDiffer && !shows(message, body)) {
    await deps.calls.takeMessage("edit", posted, terms);
    await changeMessage(deps, posted, { body });
  }
  done();
  return message.id;
}

/**
 * Replaces what a message shows: without its controls where those are refused, and in an archived thread after opening
 * it again.
 * @throws {PlatformError} `not-editable` where the text may go on in another message
 */
async function changeMessage(
  deps: DiscordSendDeps,
  message: MessageKey,
  { body, files }: Rendered,
  replyTo?: MessageKey,
): Promise<void> {
  const { rest, calls } = deps;
  const wait = () => calls.takeMessage("edit", message, { rank: "last-text", ...(replyTo && { replyTo }) });
  const change = (given: object) =>
    twice(
      () => rest.call("PATCH", addressOf(message), { what: "editing a message", body: given, ...termsOf(files) }),
      wait,
    );
  try {
    await change(body);
  } catch (error) {
    const isArchived = discordCodeOf(error) === RESTJSONErrorCodes.InvalidActionOnArchivedThread;
    if (isArchived) await openAgain(deps, message);
    else if (isFiltered(error)) throw notEditable(error);
    else if (!mayDropControls(error, body)) throw error;
    await wait();
    await change(isArchived ? body : { ...body, components: [] });
  }
}

/** Whether a message may be taken without its controls. A panel consists of them. */
const mayDropControls = (error: unknown, { components, flags }: Rendered["body"]): boolean =>
  error instanceof PlatformError &&
  error.reason === "refused" &&
  !isFiltered(error) &&
  Array.isArray(components) &&
  components.length > 0 &&
  (flags & MessageFlags.IsComponentsV2) === 0;

/** Whoever may write in a thread may open it again, unless it is locked; a new message opens it by itself. */
async function openAgain({ rest, calls }: DiscordSendDeps, message: MessageKey): Promise<void> {
  const path = `/channels/${channelIdOf(message)}` as const;
  try {
    await calls.take("PATCH", path, "last-text");
    await rest.call("PATCH", path, { what: "opening an archived thread", body: { archived: false } });
  } catch (error) {
    throw notEditable(error);
  }
}

const notEditable = (error: unknown) =>
  new PlatformError("discord", "not-editable", messageOf(error), {
    cause: error instanceof PlatformError ? error.cause : error,
    why: error instanceof PlatformError ? error.why : undefined,
  });

const termsOf = (files: Rendered["files"]) => (files === undefined ? { timeoutMs: TEXT_TIMEOUT_MS } : { files });

/** A fault of Discord's servers is most often over at once; whoever waits for a text does not wait for a pause. */
async function twice(call: () => Promise<unknown>, wait: () => Promise<void>): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    if ((discordStatusOf(error) ?? 0) < 500) throw error;
    await wait();
    return call();
  }
}

const withContent = z.object({ content: z.string() });
const postedMessage = z.looseObject({ id: z.string() });
/** A button by its own id, a menu by its entries': what tells one set of controls from another. */
const control = z.object({
  custom_id: z.string().optional(),
  options: z.array(z.object({ value: z.string() })).optional(),
});
const shown = z.object({ content: z.string(), components: z.array(z.object({ components: z.array(control) })) });

/** Whether a message with a text is what was sent; Discord trims the text. */
function shows(message: unknown, sent: Rendered["body"]): boolean {
  const [actual, wanted] = [shown.safeParse(message).data, shown.safeParse(sent).data];
  if (actual === undefined || wanted === undefined) return false;
  const hasSameText = actual.content.trim() === wanted.content.trim();
  return hasSameText && JSON.stringify(actual.components) === JSON.stringify(wanted.components);
}

/** An answer to a question beyond these may be posted twice again. */
const MAX_QUESTIONS = 500;
type Nonces = ReturnType<typeof createNonces>;

/**
 * Names the posts below each question, so that one whose answer was lost on its way is not there twice when it is sent
 * again: Discord gives back the message that it has by that name already.
 * https://discord.com/developers/docs/resources/message#create-message
 */
function createNonces(mark: string) {
  /** By question; `sent`: the bodies that were sent by the name of the next post so far. */
  const counts = new BoundedMap<string, { posts: number; readonly sent: Set<string> }>(MAX_QUESTIONS);
  return {
    /**
     * Returns fields of the next post; `mayDiffer`: another `body` was sent by its name before, and may be what is
     * there. Call `done` when it is there.
     */
    next(question: string | undefined, body: unknown) {
      if (question === undefined) return { nonce: {}, mayDiffer: false, done: () => {} };
      const count = counts.get(question) ?? { posts: 0, sent: new Set() };
      counts.set(question, count);
      count.sent.add(JSON.stringify(body));
      return {
        // 25 characters at most: a snowflake is 13 to this base.
        nonce: { nonce: `${BigInt(question).toString(36)}${mark}${count.posts.toString(36)}`, enforce_nonce: true },
        mayDiffer: count.sent.size > 1,
        done() {
          count.posts += 1;
          count.sent.clear();
        },
      };
    },
  };
}
