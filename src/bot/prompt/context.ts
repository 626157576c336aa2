import { estimateTokenCount } from "tokenx";
import { saysSomething } from "../../base/text.js";
import type { ChatMessage, ImagePart } from "../../providers/provider.js";
import type { Turn } from "../../store/sessions/sessions.js";
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
