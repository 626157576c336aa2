import type { Clock } from "../../base/clock.js";
import { withDeadline } from "../../base/deadline.js";
import type { Log } from "../../base/log.js";
import { saysSomething } from "../../base/text.js";
import { code } from "../../commands/wording/markdown.js";
import { type Phrase, phrase, type Said } from "../../languages/translate.js";
import type { ImagePart } from "../../providers/provider.js";
import { erasedAnswerKey, erasedPersonKey } from "../../store/sessions/erase-conversations.js";
import type { Turn } from "../../store/sessions/sessions.js";
import { channelOf, conversationOf } from "../port/conversation.js";
import type { Attachment, EarlierMessage, LeftOut, Mention, MessageContent } from "../port/platform.js";
import { countTokens, createTokenRoom, type TokenRoom } from "./context.js";
import { namesOf, noRoomWords, noteOf, readAttachments, unreadReason } from "./read-attachments.js";
import { cleanName, cleanQuestion, MAX_FILE_NAME_CHARS, quotedMessage, speakerName } from "./untrusted-text.js";

export interface ComposeTerms {
  readonly takesImages: boolean;
  /** Most tokens of the question with all files and quotes and the system prompt, which counts `systemTokens`. */
  readonly maxTokens: number;
  readonly systemTokens: number;
  /** The bot was not in this thread before: what was said there comes along. */
  readonly isThreadStart: boolean;
  /** The newest turn of the history that is sent before the question. */
  readonly lastTurn?: Turn | undefined;
  /** When one of these conversations was last erased, epoch ms; 0 where none was. @throws {StoreError} */
  erasedAt(conversations: readonly string[]): Promise<number>;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly log: Log;
}

export interface ComposedQuestion {
  /** What the model reads, well-formed; ends with the person's own words. Empty where nothing is left to ask. */
  readonly text: string;
  readonly images: readonly ImagePart[];
  /** What was left out and why, in at most one line, to be shown under the answer. */
  readonly notes: readonly string[];
}

/** The longest quote, in UTF-16 code units with its marks. */
const MAX_QUOTE_CHARS = 4_000;
/** What a question carries besides its words: an embed alone may have 6,000 characters. */
const MAX_SHARED_CHARS = 8_000;

/**
 * Puts together what is asked: the thread so far, the message that it replies to, what it carries, the files, and last
 * the person's own words, since models follow best what comes last. What others wrote stands in quotes, files between
 * fences. Files of the message that it replies to and of the thread's first message count as the question's own.
 * @throws terms.signal.reason when it aborts
 */
export async function composeQuestion(mention: Mention, terms: ComposeTerms): Promise<ComposedQuestion> {
  const own = saysSomething(mention.text) ? cleanQuestion(mention.text).trim() : "";
  if (isWordsAlone(mention, terms)) return { text: own, images: [], notes: [] };
  const [thread, reply, said] = await Promise.all([
    terms.isThreadStart ? earlierMessages(mention, terms) : NOTHING,
    quotedReply(mention, terms),
    withForwarded({ ...mention, text: "" }, mention, terms),
  ]);
  const room = createTokenRoom(terms.maxTokens, terms.systemTokens + countTokens(own));
  const quote = blockIn(room, REPLY_TARGET, reply);
  const carried = [said.text, mention.shared ?? ""].filter(saysSomething).join("\n\n");
  const shared = blockIn(room, phrase`what came with this message`, {
    write: (maxChars) => quotedMessage("With this message came", { text: carried }, maxChars),
    maxChars: MAX_SHARED_CHARS,
  });
  const files = [said, reply, thread].flatMap(({ attachments = [] }) => attachments);
  const attached = await readAttachments(files, { ...terms, room });
  const earlier = blockIn(room, EARLIER, thread);
  const images = attached.images.map(({ part }) => part);
  const note = noteOf(
    attached.ignored,
    [said, reply, quote, shared, thread, earlier].flatMap(({ leftOut = [] }) => leftOut),
  );
  const notes = note === undefined ? [] : [note];
  const given = [quote.block, shared.block, ...attached.files].filter((block) => block !== undefined);
  if (own === "" && given.length === 0 && images.length === 0) return { text: "", images, notes };
  const context = [earlier.block, ...given, namesOf(attached)].filter((block) => block !== undefined);
  const blocks = own === "" ? context : context.length === 0 ? [own] : [...context, "The message to answer:", own];
  return { text: blocks.join("\n\n"), images, notes };
}

/** Whether nothing comes along with the person's own words. */
function isWordsAlone({ shared = "", quote, readQuote, earlier, ...said }: Mention, { isThreadStart }: ComposeTerms) {
  const { attachments = [], leftOut = [], forwarded = [] } = said;
  const hasOthers = quote !== undefined || readQuote !== undefined || (isThreadStart && earlier !== undefined);
  return !hasOthers && shared === "" && attachments.length + leftOut.length + forwarded.length === 0;
}

/** What stands before a question, as a model reads it, with the files that go along. */
interface Context {
  /** Makes its text, of at most so many UTF-16 code units. */
  readonly write?: (maxChars: number) => string | undefined;
  readonly maxChars?: number;
  readonly attachments?: readonly Attachment[];
  readonly leftOut?: readonly LeftOut[];
}

const NOTHING: Context = {};

/** Makes the text of a part as far as there is room for it, and says what of it is left out. */
function blockIn(room: TokenRoom, what: Said, { write, maxChars = 0 }: Context) {
  if (write === undefined) return { block: undefined, leftOut: [] };
  const { text, isCut } = room.fit(write, maxChars);
  const cut = text === undefined ? what : phrase`a part of ${what}`;
  return { block: text, leftOut: isCut ? [{ what: cut, why: noRoomWords(room) }] : [] };
}

const REPLY_TARGET = phrase`the message that this replies to`;

/**
 * The message that a question replies to, unless the history ends with it. @throws terms.signal.reason when it aborts
 */
async function quotedReply(mention: Mention, terms: ComposeTerms): Promise<Context> {
  const read = async (signal: AbortSignal) => {
    const target = mention.quote ?? (await mention.readQuote?.(signal));
    if (target === undefined || isLastAnswer(target, terms.lastTurn)) return undefined;
    const [kept] = await keptOf([target], mention, terms);
    return kept ?? { what: REPLY_TARGET, why: ERASED };
  };
  const quote = await readInTime(REPLY_TARGET, read, terms);
  if (quote === undefined) return NOTHING;
  if ("why" in quote) return { leftOut: [quote] };
  const { attachments = [], leftOut = [], ownMessage } = quote;
  const name = ownMessage === undefined ? speakerName(quote.author) : "your own message";
  const isCut = quote.text.length > MAX_QUOTE_CHARS;
  return {
    write: (maxChars) => quotedMessage(`In reply to ${name}`, quote, maxChars),
    maxChars: MAX_QUOTE_CHARS,
    attachments,
    leftOut: isCut ? [...leftOut, { what: phrase`the end of ${REPLY_TARGET}`, why: TOO_LONG }] : leftOut,
  };
}

const ERASED = phrase`it was erased, so I can no longer read it`;

/**
 * Returns those that were written since the conversation that they stand in, its whole channel, or everything of their
 * writer was last erased; and of the bot's own, those that answer nobody who had that done. @throws {StoreError}
 */
async function keptOf(
  messages: readonly EarlierMessage[],
  { message: place }: Mention,
  { erasedAt }: Pick<ComposeTerms, "erasedAt">,
): Promise<readonly EarlierMessage[]> {
  const own = [channelOf(place), conversationOf(place)];
  const times = new Map<string, Promise<number>>();
  const kept = await Promise.all(
    messages.map(async (message) => {
      const { at = 0, thread, authorId, ownMessage } = message;
      const keys = [
        ...own,
        ...(thread === undefined ? [] : [conversationOf({ ...place, thread })]),
        ...(authorId === undefined ? [] : [erasedPersonKey({ platform: place.platform, id: authorId })]),
        ...(ownMessage === undefined ? [] : [erasedAnswerKey(channelOf(place), ownMessage)]),
      ];
      const name = keys.join(" ");
      const time = times.get(name) ?? erasedAt(keys);
      times.set(name, time);
      return at < (await time) ? [] : [message];
    }),
  );
  const terms = { erasedAt };
  return Promise.all(kept.flat().map((message) => withForwarded(message, { message: place }, terms)));
}

/**
 * Returns a message with what it forwards or shares, as far as that was written since the conversation that it comes
 * from, or everything of its writer, was last erased. What comes from nobody knows where counts as from `place`.
 * @throws {StoreError}
 */
async function withForwarded<T extends MessageContent>(
  { forwarded = [], ...message }: T,
  { message: place }: Pick<Mention, "message">,
  { erasedAt }: Pick<ComposeTerms, "erasedAt">,
): Promise<Omit<T, "forwarded">> {
  const whole = await Promise.all(
    forwarded.map(async (one): Promise<MessageContent> => {
      const from = one.place ?? place;
      const writer = one.authorId === undefined ? [] : [{ platform: place.platform, id: one.authorId }];
      const keys = [channelOf(from), conversationOf(from), ...writer.map(erasedPersonKey)];
      const isErased = (one.at ?? 0) < (await erasedAt(keys));
      return isErased ? { text: "", leftOut: [{ what: phrase`a forwarded message`, why: ERASED }] } : one;
    }),
  );
  if (whole.length === 0) return message;
  const all = [message as MessageContent, ...whole];
  return {
    ...message,
    text: all
      .map(({ text }) => text)
      .filter(saysSomething)
      .join("\n\n"),
    attachments: all.flatMap(({ attachments = [] }) => attachments),
    leftOut: all.flatMap(({ leftOut = [] }) => leftOut),
  };
}

const TOO_LONG = phrase`I read up to ${MAX_QUOTE_CHARS.toLocaleString("en")} characters of it`;

/** Characters of a message that tell whether it is part of an answer. */
const COMPARED_CHARS = 80;

/** What the model said last needs no quote; of what it said before, nothing else tells which one is meant. */
function isLastAnswer({ ownMessage, text }: EarlierMessage, last: Turn | undefined): boolean {
  if (ownMessage === undefined || last === undefined || last.answer === "") return false;
  return last.shownIn === ownMessage || last.answer.includes(text.trim().slice(0, COMPARED_CHARS));
}

/** How many messages of a thread come along when the bot is called into it. */
const EARLIER_MESSAGES = 20;
/** What they may have altogether, in UTF-16 code units with names and marks. */
const MAX_EARLIER_CHARS = 4_000;
/** An answer never waits longer for what others wrote. */
export const READ_MS = 2_000;

/**
 * What was said in a thread before the bot was called into it, as a model reads it, and what of it could not be read.
 * @throws terms.signal.reason when it aborts
 */
async function earlierMessages(mention: Mention, terms: ComposeTerms): Promise<Context> {
  const earlier = mention.earlier?.bind(mention);
  const what = EARLIER;
  const readKept = async (signal: AbortSignal) => {
    const said = (await earlier?.(EARLIER_MESSAGES, signal)) ?? [];
    const kept = await keptOf(said, mention, terms);
    return said.length > 0 && kept.length === 0 ? { what, why: ERASED_ALL } : kept;
  };
  const read = await readInTime(what, earlier && readKept, terms);
  if (read === undefined) return NOTHING;
  if ("why" in read) return { leftOut: [read] };
  const first = read.find(({ isFirst }) => isFirst);
  const others = read.filter((message) => message !== first).slice(-EARLIER_MESSAGES);
  const files = others.flatMap(({ attachments = [] }) => attachments);
  return {
    write: (maxChars) => newest(first, others, maxChars),
    maxChars: MAX_EARLIER_CHARS,
    attachments: first?.attachments ?? [],
    leftOut: [
      ...read.flatMap(({ leftOut = [] }) => leftOut),
      ...files.map(({ name }) => ({ what: code(cleanName(name, MAX_FILE_NAME_CHARS, "a file")), why: NOT_FIRST })),
    ],
  };
}

const EARLIER = phrase`the earlier messages of this thread`;
const ERASED_ALL = phrase`they were erased, so I can no longer read them`;

const NOT_FIRST = phrase`of a thread's earlier messages I read the files of the first one; reply to a message to have
  its files read`;

/** Reads what others wrote; resolves with why where that fails. @throws terms.signal.reason when it aborts */
async function readInTime<T>(
  what: Phrase,
  read: ((signal: AbortSignal) => Promise<T>) | undefined,
  { signal, clock, log }: ComposeTerms,
): Promise<T | LeftOut | undefined> {
  if (read === undefined) return undefined;
  try {
    return await withDeadline(read, { what: what.english, timeoutMs: READ_MS, clock, signal });
  } catch (error) {
    signal.throwIfAborted();
    log.info({ error }, `${what.english} could not be read; the question is sent without them`);
    return { what, why: unreadReason(error) };
  }
}

/** The first message and the newest whole others that fit, oldest first; what alone is too long is cut. */
function newest(
  first: EarlierMessage | undefined,
  others: readonly EarlierMessage[],
  maxChars: number,
): string | undefined {
  const isAlone = others.length === 0;
  const start = first && blockOf(first, isAlone ? maxChars : maxChars / 2);
  const kept: string[] = [];
  let charsLeft = maxChars - (start === undefined ? 0 : start.length + SEPARATOR.length);
  for (const message of others.toReversed()) {
    const block = blockOf(message, kept.length === 0 ? charsLeft : maxChars);
    if (block === undefined) continue;
    if (block.length > charsLeft) break;
    kept.unshift(block);
    charsLeft -= block.length + SEPARATOR.length;
  }
  const blocks = start === undefined ? kept : [start, ...kept];
  if (blocks.length === 0) return undefined;
  return ["Earlier messages in this thread, oldest first, quoted for context:", ...blocks].join(SEPARATOR);
}

const blockOf = (message: EarlierMessage, maxChars: number) =>
  quotedMessage(message.ownMessage === undefined ? speakerName(message.author) : "You", message, maxChars);

const SEPARATOR = "\n\n";
