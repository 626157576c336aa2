import { saysSomething } from "../../base/text.js";
import { localeInForce, t } from "../../languages/translate.js";
import type { ModelRef } from "../../refresh/choose/model-ref.js";
import type { OpenQuestion, Session, Turn } from "../../store/sessions/sessions.js";
import { conversationOf, questionIdOf } from "../port/conversation.js";
import type { Mention, MessageContent, MessageKey, Person } from "../port/platform.js";

/** What is to be answered: what somebody has just said, or the last question again. */
export interface Question {
  /** Under which it is claimed. */
  readonly id: string;
  readonly message: MessageKey;
  readonly asker: Person;
  /** The question as it was written. */
  readonly text: string;
  /** When it was taken, epoch ms. */
  readonly at: number;
  /** Unset where it is asked again: what stood beside it is in what was sent. */
  readonly mention?: Mention;
  readonly retry?: Retry;
  /** Set where the answer is compared: the history keeps the turn that `retry` names until this one is chosen. */
  readonly compared?: {
    /** Under which the answer stands: `phrase`, or the same id in another thread. */
    readonly at: MessageKey;
    /** Who compares; `asker` is who asked at first. */
    readonly by: Person;
  };
  /** A process that ended before it began to answer left it. */
  readonly isAdopted?: true;
}

/** Where the answer to a question is posted. */
export const answerPlace = ({ message, compared }: Question): MessageKey => compared?.at ?? message;

/** Who asked for this answer: it counts against their limits, and they may stop it. */
export const wantedBy = ({ asker, compared }: Question): Person => compared?.by ?? asker;

export interface Retry {
  /** The turn that this one takes the place of. */
  readonly turn: number;
  /** What was sent then, where that is not the text alone. */
  readonly sent?: string;
  /** For this answer alone; the pin stays. */
  readonly model?: ModelRef;
}

/** An edited question takes the place of the last turn, where that is still the one of the asker that was edited. */
export function withReplaced(
  question: Question,
  { session, turns }: { readonly session: Session; readonly turns: readonly Turn[] },
): Question {
  const replaces = question.mention?.replaces;
  const last = turns.at(-1)?.question;
  if (replaces === undefined || last?.message !== replaces || last.authorId !== question.asker.id) return question;
  return { ...question, retry: { turn: session.nextTurn - 1 } };
}

export const questionOf = (mention: Mention, at: number): Question => ({
  id: questionIdOf(mention.message),
  message: mention.message,
  asker: mention.author,
  text: mention.text,
  at,
  mention,
});

/** What the next start finds after a kill. */
export const openQuestionOf = (
  { message, asker, text, at, mention, retry, compared }: Question,
  owner: string,
): OpenQuestion => ({
  conversation: conversationOf(message),
  message,
  owner,
  answer: null,
  author: asker.name,
  authorId: asker.id,
  text: text.slice(0, MAX_QUESTION_CHARS),
  at,
  ...(mention?.writtenAt !== undefined && { writtenAt: mention.writtenAt }),
  ended: null,
  ...(compared &&
    retry?.model && { compared: { ...retry.model, number: retry.turn, at: compared.at, by: compared.by } }),
});

/** By what questions of a conversation are answered in order, over all replicas: epoch ms. */
export const orderOf = ({ at, writtenAt }: Pick<OpenQuestion, "at" | "writtenAt">): number => writtenAt ?? at;

/** The place of a question that is in line here; an adopted one has that which it was stored with. */
export const placeInLine = ({ id, at, mention, isAdopted }: Question) => ({
  at: isAdopted ? at : (mention?.writtenAt ?? at),
  id,
});

/** Longest question, in UTF-16 code units. */
export const MAX_QUESTION_CHARS = 32_000;

/** Why a question cannot be put to a model, as the asker reads it; undefined where it can. */
export function questionFault(mention: Mention): string | undefined {
  const { text } = mention;
  if (!hasContent(mention)) return t`There is no question in this message. Type what you would like to know.`;
  if (text.length > MAX_QUESTION_CHARS) {
    const inWords = (count: number) => count.toLocaleString(localeInForce());
    const [chars, most] = [inWords(text.length), inWords(MAX_QUESTION_CHARS)];
    return t`This message has ${chars} characters; I read up to ${most}. Please shorten it.`;
  }
  return undefined;
}

/**
 * A message with something to answer, though perhaps without words: a file, or somebody else's message. What cannot be
 * read is told when the request is prepared.
 */
const hasContent = ({ shared, quote, readQuote, ...said }: Mention): boolean =>
  readQuote !== undefined ||
  saysSomething(shared ?? "") ||
  [said, quote].some((one) => one !== undefined && isGiven(one));

const isGiven = ({ text, attachments = [], leftOut = [], forwarded = [] }: MessageContent): boolean =>
  saysSomething(text) || attachments.length + leftOut.length + forwarded.length > 0;
