import type { Clock } from "../../base/clock.js";
import { withDeadline } from "../../base/deadline.js";
import type { Log } from "../../base/log.js";
import type { EarlierMessage, Mention } from "../port/platform.js";
import { speakerName } from "./clean-name.js";
import { quotedMessage } from "./quoted.js";

/** How many messages of a thread come along when the bot is called into it. */
const EARLIER_MESSAGES = 20;
/** What they may have altogether, in UTF-16 code units with names and marks. */
const MAX_EARLIER_CHARS = 4_000;
/** An answer never waits longer for them. */
const EARLIER_MS = 2_000;

export interface EarlierTerms {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * What was said in a thread before the bot was called into it, as a model reads it; undefined where there is nothing,
 * or the platform does not tell it in time.
 * @throws terms.signal.reason when it aborts
 */
export async function earlierMessages(mention: Mention, terms: EarlierTerms): Promise<string | undefined> {
  const { earlier } = mention;
  if (earlier === undefined) return undefined;
  const { signal, clock, log } = terms;
  const deadline = { what: "the earlier messages", timeoutMs: EARLIER_MS, clock, signal };
  try {
    // Called on the mention: an adapter may use `this`.
    return newest(await withDeadline((inner) => earlier.call(mention, EARLIER_MESSAGES, inner), deadline));
  } catch (error) {
    signal.throwIfAborted();
    log.info({ error }, "a question goes on without its thread's earlier messages");
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
