import { MessageReferenceType, MessageType } from "discord-api-types/v10";
import { z } from "zod";
import { phrase, type Said } from "../../../languages/translate.js";
import type { EarlierMessage, LeftOut, Mention, MessageKey } from "../../port/platform.js";
import { PlatformError, WAS_DELETED } from "../../port/platform-error.js";
import type { Calls } from "../send/calls.js";
import type { DiscordRest } from "../send/rest.js";
import { parsed } from "../wire/answer.js";
import { type ListedMessage, listedMessage, type MessageEvent, type ReferencedEvent } from "../wire/events.js";
import { channelIdOf } from "../wire/places.js";
import { isReadable, postTitle, READ_TYPES, type ReaderDeps, type ReadTerms, readReferenced } from "./read-message.js";

export interface ReferenceDeps extends ReaderDeps {
  readonly rest: DiscordRest;
  readonly calls: Pick<Calls, "take">;
}

const REPLY_TARGET = phrase`the message that this replies to`;
const DELETED: LeftOut = { what: REPLY_TARGET, why: WAS_DELETED };

/** Returns the message that a question replies to; Discord may leave it out, and says by null that it was deleted. */
export function replyTarget(
  deps: ReferenceDeps,
  message: MessageEvent,
  terms: ReadTerms,
): Pick<Mention, "quote" | "readQuote"> & { readonly leftOut?: readonly LeftOut[] } {
  if (message.type !== MessageType.Reply) return {};
  const named = { ...terms, what: REPLY_TARGET };
  const { referenced_message: target, message_reference: reference, channel_id } = message;
  if (target === null) return { leftOut: [DELETED] };
  const id = target?.id ?? reference?.message_id;
  if (target && (!isShortened(target) || id === undefined)) return { quote: readReferenced(deps, target, named) };
  if (id === undefined) return {};
  const path = `/channels/${reference?.channel_id ?? channel_id}/messages/${id}` as const;
  return { readQuote: async (signal) => readReferenced(deps, await fetchMessage(deps, path, signal), named) };
}

/** A forward may come without what it forwards, and a message with nothing but its author. */
const isShortened = (target: ReferencedEvent): boolean =>
  !isReadable(target) &&
  (target.timestamp === undefined || target.message_reference?.type === MessageReferenceType.Forward);

async function fetchMessage(
  { rest, calls }: ReferenceDeps,
  path: `/${string}`,
  signal: AbortSignal,
): Promise<ReferencedEvent> {
  const what = "reading a message";
  await calls.take("GET", path, "first-text", signal);
  return parsed(listedMessage, await rest.call("GET", path, { what, signal }), what);
}

/** Discord gives no more at once. */
const MAX_AT_ONCE = 100;

/** Reads a thread's first message and the last ones before a message, oldest first. @throws {PlatformError} */
export async function readBefore(
  deps: ReferenceDeps,
  message: MessageKey,
  { count, signal, ...terms }: ReadTerms & { readonly count: number; readonly signal: AbortSignal },
): Promise<readonly EarlierMessage[]> {
  const limit = Math.min(Math.max(1, Math.floor(count)), MAX_AT_ONCE);
  const thread = channelIdOf(message);
  const list = (query: string) => listMessages(deps, thread, query, signal);
  const latest = await list(`before=${message.message}&limit=${limit}`);
  // In a forum, the first message of a thread bears the thread's id; elsewhere a stand-in follows it.
  const [first] = latest.length < limit ? [] : await list(`after=${BigInt(thread) - 1n}&limit=1`);
  const isKnown = first === undefined || latest.some(({ id }) => id === first.id);
  const all = isKnown ? latest : [...latest, first];
  const read = await Promise.all(all.map((one) => readOne(deps, one, { ...terms, signal, place: message })));
  const start = latest.length < limit || first !== undefined ? read.at(-1) : undefined;
  return read
    .flatMap((one) => (one === undefined ? [] : one === start ? { ...one, isFirst: true as const } : one))
    .reverse();
}

/** Reads the first message of a thread, which is meant where the bot is only called into it. @throws {PlatformError} */
export async function readThreadStart(
  deps: ReferenceDeps,
  message: MessageKey,
  terms: ReadTerms & { readonly signal: AbortSignal },
): Promise<EarlierMessage> {
  const found = (await readBefore(deps, message, { ...terms, count: 1 })).find(({ isFirst }) => isFirst);
  if (found === undefined) throw new PlatformError("discord", "gone", "The thread has no first message");
  const { isFirst: _first, ...start } = found;
  return start;
}

/** @throws {PlatformError} */
export async function listMessages(
  { rest, calls }: Pick<ReferenceDeps, "rest" | "calls">,
  channel: string,
  query: string,
  signal: AbortSignal,
): Promise<readonly ListedMessage[]> {
  const what = "reading a thread";
  const path = `/channels/${channel}/messages` as const;
  await calls.take("GET", path, "first-text", signal);
  const answer = await rest.call("GET", `${path}?${query}`, { what, signal });
  return parsed(z.array(z.unknown()), answer, what).flatMap((one) => listedMessage.safeParse(one).data ?? []);
}

const FIRST_MESSAGE = phrase`the first message of this thread`;

/** A thread begins with a stand-in for the message that it was started from. */
async function readOne(
  deps: ReferenceDeps,
  message: ListedMessage,
  terms: ReadTerms & { readonly signal: AbortSignal; readonly place: MessageKey },
): Promise<EarlierMessage | undefined> {
  if (message.type !== MessageType.ThreadStarterMessage) {
    if (!READ_TYPES.includes(message.type)) return undefined;
    const read = readReferenced(deps, message, { ...terms, what: phrase`earlier messages of this thread` });
    const [title] = postTitle(deps, message.id, channelIdOf(terms.place));
    return title === undefined ? read : { ...read, text: `${title}\n${read.text}` };
  }
  const named = { ...terms, what: FIRST_MESSAGE };
  const { referenced_message: start, message_reference: reference } = message;
  if (start) return readReferenced(deps, start, named);
  if (start === null) return unread(WAS_DELETED);
  // The message stands in the thread's channel, under the thread's own id.
  const { channel_id = terms.place.channel, message_id = channelIdOf(terms.place) } = reference ?? {};
  const path = `/channels/${channel_id}/messages/${message_id}` as const;
  return fetchMessage(deps, path, terms.signal).then(
    (found) => readReferenced(deps, found, named),
    (error: unknown) => {
      if (!(error instanceof PlatformError)) throw error;
      return unread(error.reason === "forbidden" ? phrase`I have no permission to read it` : phrase`it was not found`);
    },
  );
}

const unread = (why: Said): EarlierMessage => ({
  author: "Somebody",
  text: "",
  leftOut: [{ what: FIRST_MESSAGE, why }],
});
