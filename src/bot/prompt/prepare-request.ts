import type { Clock } from "../../base/clock.js";
import type { HostConfig } from "../../base/config-host.js";
import { UserError } from "../../base/errors.js";
import type { Log } from "../../base/log.js";
import type { ChatRequest, ImagePart, ModelInfo } from "../../providers/provider.js";
import type { Snapshot } from "../../refresh/catalog/catalog-types.js";
import type { ModelRef } from "../../refresh/choose/default-model.js";
import type { Session, Sessions, Turn } from "../../store/sessions/sessions.js";
import type { FindModelFacts } from "../../usage/model-facts.js";
import { conversationOf } from "../port/conversation.js";
import { cleanQuestion } from "./clean-question.js";
import { composeQuestion } from "./compose-question.js";
import { contextOf } from "./context.js";
import type { Question } from "./question.js";
import type { RecentImages } from "./recent-images.js";
import { takesImages } from "./takes-images.js";

export interface PrepareDeps {
  readonly sessions: Pick<Sessions, "recentTurns">;
  snapshot(): Snapshot;
  readonly chat: HostConfig["chat"];
  readonly images: RecentImages;
  readonly modelFacts: FindModelFacts;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Prepared {
  readonly request: ChatRequest;
  /** The question as it is sent. */
  readonly sent: string;
  /** What was left out, for the asker. */
  readonly notes: readonly string[];
}

/** What goes to the model: as much of the conversation as fits, and the question with what stood beside it. @throws {StoreError} */
export async function prepareRequest(
  deps: PrepareDeps,
  terms: {
    readonly model: ModelRef;
    readonly session: Session;
    readonly question: Question;
    readonly signal: AbortSignal;
  },
): Promise<Prepared> {
  const { model, session, question, signal } = terms;
  const conversation = conversationOf(question.message);
  const facts = deps.modelFacts(model.provider, model.model, rowOf(deps.snapshot(), model));
  const { chat } = deps;
  // One more than fit, for the one that this answer takes the place of.
  const recent = await deps.sessions.recentTurns(conversation, Math.ceil(chat.historyMessages / 2) + 1);
  const turns = question.retry === undefined ? recent : saidBefore(recent, question.message.message);
  const asked = await composed(deps, question, {
    takesImages: takesImages(model.model, facts.input),
    isThreadStart: session.nextTurn === 0,
    signal,
  });
  if (asked.text === "")
    throw new UserError(["There is nothing in this message that I can read.", ...asked.notes].join("\n"));
  const system = session.system ?? chat.systemPrompt;
  const messages = contextOf(turns, {
    system,
    question: asked.text,
    said: cleanQuestion(question.text).trim(),
    author: question.asker.name,
    images: asked.images,
    contextTokens: facts.contextTokens,
    historyTokens: chat.historyTokens,
    historyMessages: chat.historyMessages,
  });
  deps.images.note(conversation, question.message.message, asked.images);
  return { request: { model: model.model, system, messages }, sent: asked.text, notes: asked.notes };
}

/** Another question may have been answered since the one that is asked once more. */
function saidBefore(turns: readonly Turn[], message: string): readonly Turn[] {
  const at = turns.findLastIndex(({ question }) => question.message === message);
  return at < 0 ? turns : turns.slice(0, at);
}

interface Composed {
  readonly text: string;
  readonly images: readonly ImagePart[];
  readonly notes: readonly string[];
}

async function composed(
  { images, clock, log }: PrepareDeps,
  { mention, message, text, retry }: Question,
  terms: { readonly takesImages: boolean; readonly isThreadStart: boolean; readonly signal: AbortSignal },
): Promise<Composed> {
  if (mention !== undefined) return composeQuestion(mention, { ...terms, clock, log });
  const kept = images.of(conversationOf(message), message.message);
  return { text: retry?.sent ?? text, images: terms.takesImages ? kept : [], notes: [] };
}

const rowOf = (snapshot: Snapshot, { provider, model }: ModelRef): ModelInfo | undefined =>
  snapshot.providers.get(provider)?.models.find(({ id }) => id === model);
