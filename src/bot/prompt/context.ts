import { estimateTokenCount } from "tokenx";
import { saysSomething } from "../../base/text.js";
import type { ChatMessage, ImagePart } from "../../providers/provider.js";
import type { Turn } from "../../store/sessions/sessions.js";
import type { ModelFacts } from "../../usage/model-facts.js";
import { severalSpeak, withSpeaker } from "./untrusted-text.js";

export interface ContextTerms {
  readonly system: string;
  /** The question as it is sent to the model. */
  readonly question: string;
  /** The asker's own words at the question's end; the question itself unless given. */
  readonly said?: string;
  /** Who asks. */
  readonly author: string;
  readonly images?: readonly ImagePart[];
  /** The pinned model's window, where it is known. */
  readonly contextTokens: number | undefined;
  /** Upper bounds of the host. */
  readonly historyTokens: number;
  readonly historyMessages: number;
}

/** The messages that are sent, and what they count with the system prompt, in tokens. */
export interface Context {
  readonly messages: readonly ChatMessage[];
  readonly tokens: number;
}

/** Follows a partial answer in the history, so that the model does not take it for a whole one. */
const UNFINISHED = "[This answer was not finished.]";

/** Share of the window; the rest is left for the answer. */
const SHARE_FOR_HISTORY = 0.75;

/** Returns the most tokens that may be sent of a conversation with its question. */
export const mostTokens = ({
  contextTokens = Number.POSITIVE_INFINITY,
  historyTokens,
}: Pick<ContextTerms, "contextTokens" | "historyTokens">): number =>
  Math.min(historyTokens, contextTokens * SHARE_FOR_HISTORY);

/**
 * Returns what is sent: the newest whole turns that fit every bound, and always the question. Oldest turns go first.
 * Where several people ask, each of their messages bears its speaker's name.
 */
export function contextOf(turns: readonly Turn[], terms: ContextTerms): Context {
  const { images = [] } = terms;
  // A turn without an answer holds nothing that a model could go on from, and vendors refuse a message without a text.
  const answered = turns.filter(
    ({ answer, question: { text, sent = text } }) => saysSomething(answer) && saysSomething(sent),
  );
  const spoken = severalSpeak(answered, terms.author) ? withSpeaker : (sent: string) => sent;
  const question = spoken(terms.question, terms.author, terms.said);
  const needed = countTokens(terms.system) + countTokens(question) + images.length * IMAGE_TOKENS;
  let tokensLeft = mostTokens(terms) - needed;
  let tokensSent = needed;
  let messagesLeft = terms.historyMessages - 1;
  const kept: ChatMessage[][] = [];
  for (const turn of answered.toReversed()) {
    const { author, text, sent = text } = turn.question;
    const messages: ChatMessage[] = [
      { role: "user", content: spoken(sent, author, text) },
      { role: "assistant", content: turn.ending === "done" ? turn.answer : `${turn.answer}\n\n${UNFINISHED}` },
    ];
    const tokens = messages.reduce((sum, { content }) => sum + countTokens(content), 0);
    if (tokens > tokensLeft || messages.length > messagesLeft) break;
    tokensLeft -= tokens;
    tokensSent += tokens;
    messagesLeft -= messages.length;
    kept.unshift(messages);
  }
  const messages: ChatMessage[] = [
    ...kept.flat(),
    { role: "user", content: question, ...(images.length > 0 && { images }) },
  ];
  // An answer may have been cut inside an emoji: most vendors refuse half of one, with all that is asked after it.
  const sent = messages.map((message) => ({ ...message, content: message.content.toWellFormed() }));
  return { messages: sent, tokens: tokensSent };
}

/** Longer texts are judged by samples: counting 400,000 characters would hold everybody's chat for 30 ms. */
const MAX_COUNTED_CHARS = 20_000;
const SAMPLES = 8;

/** An estimate; exact tokenizers take seconds on hostile text and would hold everybody's chat. */
export function countTokens(text: string): number {
  if (text.length <= MAX_COUNTED_CHARS) return estimateTokenCount(text);
  const chars = MAX_COUNTED_CHARS / SAMPLES;
  let tokens = 0;
  for (let sample = 0; sample < SAMPLES; sample++) {
    const start = Math.floor((sample * (text.length - chars)) / (SAMPLES - 1));
    tokens += estimateTokenCount(text.slice(start, start + chars));
  }
  return Math.ceil((tokens * text.length) / MAX_COUNTED_CHARS);
}

/**
 * What an image counts, whatever its size: what Anthropic's documentation gives for one of about a megapixel, to which
 * most of its models reduce larger ones. OpenAI and Gemini count about 1,100 for it; the newest models read large
 * images at up to three times as much, for which the share of the window that is left for the answer makes room.
 */
export const IMAGE_TOKENS = 1_600;

/** What may still come along with a question, in tokens. Whoever comes first has its place first. */
export interface TokenRoom {
  /** The most that fits, as text for a message: "16,000 tokens". */
  readonly size: string;
  /** Takes a fixed number of tokens; false where so many are not left, and then none are taken. */
  take(tokens: number): boolean;
  /**
   * Takes the text that `write` makes of at most so many UTF-16 code units, as many of `maxChars` as fit; undefined
   * where too few do to be of use. `isCut`: not all of them fitted.
   */
  fit(write: (maxChars: number) => string | undefined, maxChars: number): FittedText;
}

export interface FittedText {
  readonly text: string | undefined;
  readonly isCut: boolean;
}

/** Less of a text says nothing. */
const MIN_CHARS = 200;
/** The rest is for what a shorter text needs more tokens for than its share. */
const SAFE_SHARE = 0.95;
const MAX_CUTS = 4;

/** `taken`: what is sent in any case. */
export function createTokenRoom(maxTokens: number, taken: number): TokenRoom {
  let left = Math.max(0, maxTokens - taken);
  const take = (tokens: number) => {
    if (tokens > left) return false;
    left -= tokens;
    return true;
  };
  return {
    size: `${Math.floor(maxTokens).toLocaleString("en")} tokens`,
    take,
    fit(write, maxChars) {
      let chars = maxChars;
      for (let cuts = 0; cuts <= MAX_CUTS; cuts++) {
        const text = write(chars);
        if (text === undefined) return { text, isCut: false };
        const tokens = countTokens(text);
        if (take(tokens)) return { text, isCut: cuts > 0 };
        chars = Math.floor((Math.min(chars, text.length) * left * SAFE_SHARE) / tokens);
        if (chars < MIN_CHARS) break;
      }
      return { text: undefined, isCut: true };
    },
  };
}

/** In force where the host has set nothing. */
const DEFAULT_MAX_TOKENS = 16_384;
/** What a vendor counts may be more than the estimate. */
const ESTIMATE_SLACK = 1.15;
/** An answer of fewer tokens is not worth asking for: where the window leaves less, the vendor says so. */
const MIN_TOKENS = 256;

/** How long an answer may be, in whole tokens. */
export interface OutputCap {
  readonly tokens: number;
  /** False where it is the model's own limit, or what its window leaves. */
  readonly isHosts: boolean;
}

/**
 * Returns the output cap of a request: the host's, at most the model's own limit and what its window leaves beside
 * `inputTokens`. Undefined where none of the model's is known and nobody wants one.
 * @param isWanted a budget in tokens or USD is in force, so that an answer must have an end
 */
export function outputCap(
  { outputTokens, contextTokens }: Pick<ModelFacts, "outputTokens" | "contextTokens">,
  terms: { readonly inputTokens: number; readonly hostTokens: number | undefined; readonly isWanted: boolean },
): OutputCap | undefined {
  const { inputTokens, hostTokens, isWanted } = terms;
  const isKnown = outputTokens !== undefined || contextTokens !== undefined;
  if (!isKnown && hostTokens === undefined && !isWanted) return undefined;
  const left = (contextTokens ?? Number.POSITIVE_INFINITY) - Math.ceil(inputTokens * ESTIMATE_SLACK);
  const own = Math.min(outputTokens ?? Number.POSITIVE_INFINITY, Math.max(left, MIN_TOKENS));
  const tokens = Math.min(hostTokens ?? DEFAULT_MAX_TOKENS, own);
  return { tokens, isHosts: tokens < own };
}
