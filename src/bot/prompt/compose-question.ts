import type { Clock } from "../../base/clock.js";
import { withDeadline } from "../../base/deadline.js";
import type { Log } from "../../base/log.js";
import { code } from "../../commands/wording/markdown.js";
import type { ImagePart } from "../../providers/provider.js";
import type { EarlierMessage, Mention } from "../port/platform.js";
import { type ReadAttachments, readAttachments } from "./read-attachments.js";
import { cleanQuestion, fileName, quotedMessage, saysSomething, speakerName } from "./untrusted-text.js";

export interface ComposeTerms {
  readonly takesImages: boolean;
  /** The bot was not in this thread before: what was said there comes along. */
  readonly isThreadStart: boolean;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly log: Log;
}

export interface ComposedQuestion {
  /** What the model reads, well-formed; ends with the person's own words. Empty where nothing is left to ask. */
  readonly text: string;
  readonly images: readonly ImagePart[];
  /** What was left out and why, one line each, to be shown under the answer. */
  readonly notes: readonly string[];
}

/** The longest quote, in UTF-16 code units with its marks. */
const MAX_QUOTE_CHARS = 4_000;

/**
 * Puts together what is asked: the thread so far, the message that it replies to, the files, and last the person's own
 * words, since models follow best what comes last. What others wrote stands in quotes, files between fences.
 * @throws terms.signal.reason when it aborts
 */
export async function composeQuestion(mention: Mention, terms: ComposeTerms): Promise<ComposedQuestion> {
  const [earlier, attached] = await Promise.all([
    terms.isThreadStart ? earlierMessages(mention, terms) : undefined,
    readAttachments(mention.attachments ?? [], terms),
  ]);
  const images = attached.images.map(({ part }) => part);
  const notes = attached.ignored.map(({ name, why }) => `ℹ️ Ignored ${code(name)}: ${why}.`);
  const quote = quoteOf(mention);
  const own = saysSomething(mention.text) ? cleanQuestion(mention.text).trim() : "";
  const isNothing = own === "" && quote === undefined && attached.files.length === 0 && images.length === 0;
  if (isNothing) return { text: "", images, notes };
  const context = [earlier, quote, ...attached.files, namesOf(attached)].filter((block) => block !== undefined);
  const blocks = own === "" ? context : context.length === 0 ? [own] : [...context, "The message to answer:", own];
  return { text: blocks.join("\n\n"), images, notes };
}

const quoteOf = ({ quote }: Mention) =>
  quote && quotedMessage(`In reply to ${speakerName(quote.author)}`, quote, MAX_QUOTE_CHARS);

/** So that later turns, which images do not come along with, still tell what was there. */
function namesOf({ images, ignored }: ReadAttachments): string | undefined {
  const listed = (what: string, files: readonly { readonly name: string }[]) =>
    files.length === 0 ? [] : [`${what}: ${files.map(({ name }) => fileName(name)).join(", ")}`];
  const lines = [
    ...listed(images.length === 1 ? "Attached image" : "Attached images", images),
    ...listed("Attached, but left out", ignored),
  ];
  return lines.length === 0 ? undefined : lines.join("\n");
}

/** How many messages of a thread come along when the bot is called into it. */
const EARLIER_MESSAGES = 20;
/** What they may have altogether, in UTF-16 code units with names and marks. */
const MAX_EARLIER_CHARS = 4_000;
/** An answer never waits longer for them. */
const EARLIER_MS = 2_000;

/**
 * What was said in a thread before the bot was called into it, as a model reads it; undefined where there is nothing,
 * or the platform does not tell it in time.
 * @throws terms.signal.reason when it aborts
 */
async function earlierMessages(mention: Mention, terms: ComposeTerms): Promise<string | undefined> {
  const { earlier } = mention;
  if (earlier === undefined) return undefined;
  const { signal, clock, log } = terms;
  const deadline = { what: "the earlier messages", timeoutMs: EARLIER_MS, clock, signal };
  try {
    // Called on the mention: an adapter may use `this`.
    return newest(await withDeadline((inner) => earlier.call(mention, EARLIER_MESSAGES, inner), deadline));
  } catch (error) {
    signal.throwIfAborted();
    log.info({ error }, "the earlier messages of a thread could not be read; the question is sent without them");
    return undefined;
  }
}

/** The newest whole messages that fit, oldest first; the newest of all is cut where it alone is too long. */
function newest(messages: readonly EarlierMessage[]): string | undefined {
  const kept: string[] = [];
  let charsLeft = MAX_EARLIER_CHARS;
  for (const message of messages.slice(-EARLIER_MESSAGES).reverse()) {
    const block = quotedMessage(speakerName(message.author), message, MAX_EARLIER_CHARS);
    if (block === undefined) continue;
    if (block.length > charsLeft) break;
    kept.unshift(block);
    charsLeft -= block.length + SEPARATOR.length;
  }
  if (kept.length === 0) return undefined;
  return ["Earlier messages in this thread, oldest first, quoted for context:", ...kept].join(SEPARATOR);
}

const SEPARATOR = "\n\n";
