import { estimateTokenCount } from "tokenx";
import type { ChatMessage } from "../providers/provider.js";
import type { Turn } from "../store/sessions.js";

export interface ContextTerms {
  readonly system: string;
  readonly question: string;
  /** The pinned model's window, where it is known. */
  readonly contextTokens: number | undefined;
  /** Upper bounds of the host. */
  readonly historyTokens: number;
  readonly historyMessages: number;
}

/** Of the window, this share is left for the answer. */
const SHARE_FOR_HISTORY = 0.75;

/** What is sent: the newest whole turns that fit every bound, and always the question. Oldest turns go first. */
export function contextOf(turns: readonly Turn[], terms: ContextTerms): readonly ChatMessage[] {
  const window = (terms.contextTokens ?? Number.POSITIVE_INFINITY) * SHARE_FOR_HISTORY;
  let tokensLeft = Math.min(terms.historyTokens, window) - tokensIn(terms.system) - tokensIn(terms.question);
  let messagesLeft = terms.historyMessages - 1;
  const kept: ChatMessage[][] = [];
  for (const turn of [...turns].reverse()) {
    const messages = messagesOf(turn);
    const tokens = messages.reduce((sum, message) => sum + tokensIn(message.content), 0);
    if (tokens > tokensLeft || messages.length > messagesLeft) break;
    tokensLeft -= tokens;
    messagesLeft -= messages.length;
    kept.unshift(messages);
  }
  return [...kept.flat(), { role: "user", content: terms.question }];
}

/** A turn without an answer says nothing that a model could go on from. */
const messagesOf = (turn: Turn): ChatMessage[] =>
  turn.answer === ""
    ? []
    : [
        { role: "user", content: turn.question.text },
        { role: "assistant", content: turn.answer },
      ];

/** An estimate; exact tokenizers take seconds on hostile text and would hold everybody's chat. */
const tokensIn = (text: string) => estimateTokenCount(text);
