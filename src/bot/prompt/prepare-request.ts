import type { Clock } from "../../base/clock.js";
import type { HostConfig } from "../../base/config/config-host.js";
import { UserError } from "../../base/errors.js";
import type { Log } from "../../base/log.js";
import { t } from "../../languages/translate.js";
import type { ChatRequest } from "../../providers/provider.js";
import { listedRow, type ModelRef } from "../../refresh/choose/model-ref.js";
import type { Refresher } from "../../refresh/refresher.js";
import type { Session, Sessions, Turn } from "../../store/sessions/sessions.js";
import type { FindModelFacts, ModelFacts } from "../../usage/model-facts.js";
import { channelOf, conversationOf } from "../port/conversation.js";
import { type ComposedQuestion, type ComposeTerms, composeQuestion } from "./compose-question.js";
import { contextOf, countTokens, mostTokens, type OutputCap, outputCap } from "./context.js";
import type { Question } from "./question.js";
import type { RecentImages } from "./recent-images.js";
import { cleanQuestion } from "./untrusted-text.js";

export interface PrepareDeps {
  readonly sessions: Pick<Sessions, "erasedAt">;
  readonly refresher: Pick<Refresher, "snapshot">;
  readonly chat: HostConfig["chat"];
  readonly images: RecentImages;
  readonly modelFacts: FindModelFacts;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Prepared {
  readonly request: ChatRequest;
  /** What the request holds, as far as an estimate tells. */
  readonly estimatedTokens: number;
  /** How long the answer may be; undefined where only its model decides. */
  readonly cap: OutputCap | undefined;
  /** What is known of the model. */
  readonly facts: ModelFacts;
  /** The question as it is sent. */
  readonly sent: string;
  /** What was left out, for the asker. */
  readonly notes: readonly string[];
}

/**
 * Prepares what goes to the model: as much of the conversation as fits, and the question with its files and quotes.
 * @throws {StoreError} @throws {UserError} when nothing is left to ask
 */
export async function prepareRequest(
  deps: PrepareDeps,
  terms: {
    readonly model: ModelRef;
    readonly session: Session;
    /** The newest turns of the conversation, oldest first. */
    readonly turns: readonly Turn[];
    readonly question: Question;
    /** A budget is in force that an answer without an end could not be held to. */
    readonly needsCap: boolean;
    readonly signal: AbortSignal;
  },
): Promise<Prepared> {
  const { model, session, turns: recent, question, signal } = terms;
  const conversation = conversationOf(question.message);
  const facts = deps.modelFacts(model.provider, model.model, listedRow(deps.refresher.snapshot(), model));
  const { chat } = deps;
  const turns =
    question.retry === undefined ? recent : saidBefore(recent, question.mention?.replaces ?? question.message.message);
  const system =
    session.system === null ? chat.systemPrompt : `${chat.systemPrompt}\n\n${OWN_PROMPT}\n${session.system}`;
  const bounds = { contextTokens: facts.contextTokens, historyTokens: chat.historyTokens };
  const asked = await composed(deps, question, {
    takesImages: takesImages(model.model, facts.input),
    maxTokens: mostTokens(bounds),
    systemTokens: countTokens(system),
    isThreadStart: session.nextTurn === 0,
    lastTurn: turns.at(-1),
    erasedAt: readErasedAt(deps, question),
    signal,
  });
  if (asked.text === "")
    throw new UserError([t`There is nothing in this message that I can read.`, ...asked.notes].join("\n"));
  const { messages, tokens } = contextOf(turns, {
    ...bounds,
    system,
    question: asked.text,
    said: cleanQuestion(question.text).trim(),
    author: question.asker.name,
    images: asked.images,
    historyMessages: chat.historyMessages,
  });
  deps.images.note(conversation, question.message.message, asked.images);
  const { maxOutputTokens: hostTokens } = chat;
  const cap = outputCap(facts, { inputTokens: tokens, hostTokens, isWanted: terms.needsCap });
  return {
    request: { model: model.model, system, messages, ...(cap && { maxOutputTokens: cap.tokens }) },
    ...{ estimatedTokens: tokens, cap, facts, sent: asked.text, notes: asked.notes },
  };
}

/** Between the host's system prompt and the conversation's own. */
const OWN_PROMPT = "People in this conversation have added the following, as far as it agrees with the above:";

/** Begins to read when conversation and channel were erased last, where the question brings earlier messages. */
function readErasedAt({ sessions }: PrepareDeps, { message, mention }: Question): Sessions["erasedAt"] {
  const { earlier, quote, readQuote, forwarded } = mention ?? {};
  const isNeeded = [earlier, quote, readQuote, forwarded?.[0]].some((one) => one !== undefined);
  if (!isNeeded) return sessions.erasedAt;
  const own = [channelOf(message), conversationOf(message)];
  const ownAt = sessions.erasedAt(own);
  ownAt.catch(() => {}); // whoever asks gets the error
  return async (conversations) => {
    const others = conversations.filter((one) => !own.includes(one));
    return Math.max(await ownAt, others.length === 0 ? 0 : await sessions.erasedAt(others));
  };
}

/** Returns the turns before the one that is asked again or replaced; another may have been answered since. */
function saidBefore(turns: readonly Turn[], message: string): readonly Turn[] {
  const at = turns.findLastIndex(({ question }) => question.message === message);
  return at < 0 ? turns : turns.slice(0, at);
}

async function composed(
  { images, clock, log }: PrepareDeps,
  { mention, message, text, retry }: Question,
  terms: Omit<ComposeTerms, "clock" | "log">,
): Promise<ComposedQuestion> {
  if (mention !== undefined) return composeQuestion(mention, { ...terms, clock, log });
  const kept = images.of(conversationOf(message), message.message);
  return { text: retry?.sent ?? text, images: terms.takesImages ? kept : [], notes: [] };
}

/**
 * Families of models that take images, by what follows a vendor's prefix ("meta-llama/", "us.anthropic.") in their
 * ids, in lower case. Compared in 2026 with the lists of models.dev and OpenRouter (969 rows); newer versions of a
 * family are taken to see what the older ones saw.
 */
const SEEING: readonly RegExp[] = [
  /^(chatgpt-4o|gpt-4o|gpt-4\.[15]|gpt-4-turbo(?!-preview)|gpt-[5-9]|gpt-(chat-)?latest)/,
  /^(o1(?!-(mini|preview))|o3(?!-mini)|o[4-9])(-|$)/,
  /^claude-(?!v?[12]\b|v?2\.|instant)/,
  /^gemini-(?!1\.0)/,
  /^gemma-?([4-9]|3(?!n|[-:](1b|270m)))/,
  /^grok-[4-9]/,
  /^(meta-)?llama-?4/,
  /^(pixtral|mistral-medium|mistral-large-(latest|2512|3)|ministral-(3(-\d|:|$)|.*2512))/,
  /^mistral-small-?(latest|3\.[1-9]|250[3-9]|26)/,
  /^qwen-?3\.[5-9](?!.*max)/,
  /^glm-[\d.]+v/,
  /^kimi-(latest|k2\.[5-9])/,
  // Names of models whose makers have others that take no images: "qwen3-vl-8b", "qwen2.5vl:7b", "llama3.2-vision".
  /llava|vision|multimodal|moondream|minicpm-v|internvl|(^|[-_.\d])vl([-_:.\d]|$)|[-_]omni/,
];

/** Siblings of families with vision that take or make audio, draw, only write code or look things up. */
const BLIND = /audio|realtime|transcribe|tts|image|search-(preview|api)|embed|guard|grok-code/;

/**
 * Returns whether a model may be sent images: what its provider says, else what its family is known for. Where neither
 * is known, none are sent, because most services refuse the whole question then.
 * @param input as a model list or a table of models gives it: "text", "image"
 */
export function takesImages(model: string, input: readonly string[] | undefined): boolean {
  if (input !== undefined) return input.includes("image");
  // A fine-tuned model is what its base is: "ft:gpt-4o-2024-08-06:org::id".
  const id = (/^ft:([^:]+)/.exec(model)?.[1] ?? model).toLowerCase();
  const name = id.slice(id.lastIndexOf("/") + 1).replace(/^([a-z]+\.)+(?=[a-z])/, "");
  return !BLIND.test(name) && SEEING.some((family) => family.test(name));
}
