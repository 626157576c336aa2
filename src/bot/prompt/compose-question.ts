import type { Clock } from "../../base/clock.js";
import type { Log } from "../../base/log.js";
import { code } from "../../commands/wording/markdown.js";
import type { ImagePart } from "../../providers/provider.js";
import type { Mention } from "../port/platform.js";
import { speakerName } from "./clean-name.js";
import { cleanQuestion, saysSomething } from "./clean-question.js";
import { earlierMessages } from "./earlier-messages.js";
import { named } from "./fenced.js";
import { quotedMessage } from "./quoted.js";
import { type ReadAttachments, readAttachments } from "./read-attachments.js";

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

/** A message with something to answer, though perhaps without words: a file, or somebody else's message. */
export const hasContent = (mention: Mention): boolean =>
  saysSomething(mention.text) || saysSomething(mention.quote?.text ?? "") || (mention.attachments ?? []).length > 0;

const quoteOf = ({ quote }: Mention) =>
  quote && quotedMessage(`In reply to ${speakerName(quote.author)}`, quote, MAX_QUOTE_CHARS);

/** So that later turns, which images do not come along with, still tell what was there. */
function namesOf({ images, ignored }: ReadAttachments): string | undefined {
  const listed = (what: string, files: readonly { readonly name: string }[]) =>
    files.length === 0 ? [] : [`${what}: ${files.map(({ name }) => named(name)).join(", ")}`];
  const lines = [
    ...listed(images.length === 1 ? "Attached image" : "Attached images", images),
    ...listed("Attached, but left out", ignored),
  ];
  return lines.length === 0 ? undefined : lines.join("\n");
}
