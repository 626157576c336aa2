import type { Clock } from "../clock.js";
import type { HostConfig } from "../config-host.js";
import type { Log } from "../log.js";
import { withIdleTimeout } from "../providers/idle-timeout.js";
import type { ChatRequest, FinishReason, Provider, ProviderId, Usage } from "../providers/provider.js";
import type { ModelRef } from "../refresh/default-model.js";
import type { Refresher } from "../refresh/refresher.js";
import type { Ending, Pin, Session, Sessions } from "../store/sessions.js";
import type { ProviderSlots } from "../usage/provider-slots.js";
import { contextOf } from "./context.js";
import { conversationOf, workspaceOf } from "./conversation.js";
import { ENDING_LINES, endingOf, failureText } from "./endings.js";
import type { ChatPlatform, Mention } from "./platform.js";
import { createReplyStream, type ReplyStream } from "./reply-stream.js";

/** What a finished turn tells the metrics. */
export interface TurnEvent {
  readonly platform: string;
  readonly provider: ProviderId | null;
  readonly model: string | null;
  readonly ending: Ending;
  readonly durationMs: number;
  readonly firstTextMs: number | null;
}

export interface TurnDeps {
  readonly sessions: Sessions;
  readonly refresher: Refresher;
  readonly providers: ReadonlyMap<ProviderId, Provider>;
  /** The model of a conversation that has no pin; undefined while there is none. */
  defaultModel(workspace: string): ModelRef | undefined;
  readonly slots: ProviderSlots;
  readonly chat: HostConfig["chat"];
  readonly clock: Clock;
  readonly log: Log;
  newReference(): string;
  onTurn(event: TurnEvent): void;
}

/** What came of asking the model. */
interface Answer {
  readonly text: string;
  readonly ending: Ending;
  readonly finish?: { readonly reason: FinishReason; readonly usage?: Usage };
  readonly error?: unknown;
  readonly firstTextAt?: number;
}

/**
 * Answers one question from the session's pin to the saved turn, and resolves with how it ended. The end mark is the
 * caller's.
 * @throws {StoreError} when the turn could not be read or saved
 */
export async function runTurn(
  deps: TurnDeps,
  turn: {
    readonly id: string;
    readonly platform: ChatPlatform;
    readonly mention: Mention;
    readonly signal: AbortSignal;
  },
): Promise<Ending> {
  const { sessions, clock, log } = deps;
  const { id, mention, platform, signal } = turn;
  const conversation = conversationOf(mention.message);
  const startedAt = clock.now();
  const stream = createReplyStream({
    platform,
    question: mention.message,
    clock,
    log,
    onPosted: (message) =>
      sessions
        .noteAnswer(id, message)
        .catch((error) => log.error({ error, id }, "the place of an answer was not stored")),
  });

  const session = await pinned(deps, await sessions.get(conversation), mention);
  const { pin } = session;
  const provider = pin === null ? undefined : deps.providers.get(pin.provider);
  const answer =
    pin === null || provider === undefined
      ? { text: "", ending: "failed" as const }
      : await deps.slots
          .run(pin.provider, signal, () => ask(deps, { provider, pin, session, mention, stream, signal }))
          .catch((error): Answer => ({ text: "", ending: endingOf(error, false), error }));
  const reference = deps.newReference();
  if (answer.error !== undefined && answer.ending !== "stopped") {
    log.warn(
      { error: answer.error, reference, provider: pin?.provider, model: pin?.model, ending: answer.ending },
      "a turn did not end well",
    );
  }

  const shown = shownText(deps, { answer, pin, isConfigured: provider !== undefined, reference, session });
  await stream.finish(
    shown,
    pin !== null && provider === undefined ? [{ label: "Use the default", command: "/models unpin" }] : [],
  );
  await sessions.end(id, conversation, {
    question: { message: mention.message.message, author: mention.author.name, text: mention.text, at: startedAt },
    answer: answer.text,
    ending: answer.ending,
    provider: pin?.provider ?? null,
    model: pin?.model ?? null,
    usage: answer.finish?.usage ?? null,
    endedAt: clock.now(),
  });
  deps.onTurn({
    platform: platform.name,
    provider: pin?.provider ?? null,
    model: pin?.model ?? null,
    ending: answer.ending,
    durationMs: clock.now() - startedAt,
    firstTextMs: answer.firstTextAt === undefined ? null : answer.firstTextAt - startedAt,
  });
  return answer.ending;
}

/** The session with its pin; the first message pins the default in force, if there is one. */
async function pinned(deps: TurnDeps, session: Session, mention: Mention): Promise<Session> {
  if (session.pin !== null) return session;
  const choice = deps.defaultModel(workspaceOf(mention.message));
  if (choice === undefined) return session;
  const pin: Pin = { provider: choice.provider, model: choice.model, at: deps.clock.now(), by: null };
  // A person may have chosen one meanwhile: theirs stays.
  return deps.sessions.change(conversationOf(mention.message), (now) => (now.pin === null ? { ...now, pin } : now));
}

async function ask(
  deps: TurnDeps,
  turn: { provider: Provider; pin: Pin; session: Session; mention: Mention; stream: ReplyStream; signal: AbortSignal },
): Promise<Answer> {
  const { provider, pin, session, mention, stream, signal } = turn;
  let text = "";
  let firstTextAt: number | undefined;
  const withFirstText = () => (firstTextAt === undefined ? {} : { firstTextAt });
  try {
    const request = await requestFor(deps, { pin, session, mention });
    const terms = { provider: pin.provider, clock: deps.clock, silenceMs: deps.chat.timeoutMs, signal };
    for await (const event of withIdleTimeout((inner) => provider.streamChat(request, inner), terms)) {
      if (event.type === "text-delta" && event.text !== "") {
        firstTextAt ??= deps.clock.now();
        text += event.text;
        stream.show(text);
      }
      if (event.type === "finish") {
        const finish = { reason: event.reason, ...(event.usage && { usage: event.usage }) };
        return { text, ending: "done", finish, ...withFirstText() };
      }
    }
    return { text, ending: endingOf(undefined, text !== ""), ...withFirstText() };
  } catch (error) {
    return { text, ending: endingOf(error, text !== ""), error, ...withFirstText() };
  }
}

async function requestFor(
  deps: TurnDeps,
  { pin, session, mention }: { pin: Pin; session: Session; mention: Mention },
): Promise<ChatRequest> {
  const { chat, refresher, sessions } = deps;
  const system = session.system ?? chat.systemPrompt;
  const row = refresher
    .snapshot()
    .providers.get(pin.provider)
    ?.models.find((model) => model.id === pin.model);
  const turns = await sessions.recentTurns(conversationOf(mention.message), Math.ceil(chat.historyMessages / 2));
  const messages = contextOf(turns, {
    system,
    question: mention.text,
    contextTokens: row?.contextTokens,
    historyTokens: chat.historyTokens,
    historyMessages: chat.historyMessages,
  });
  return { model: pin.model, system, messages };
}

/** What the asker reads in the end: the answer, and below it at most one line of ours. */
function shownText(
  deps: TurnDeps,
  facts: { answer: Answer; pin: Pin | null; isConfigured: boolean; reference: string; session: Session },
): string {
  const { answer, pin, isConfigured, reference } = facts;
  if (pin === null) return noModelText(deps);
  if (!isConfigured) {
    return `This channel is pinned to **${pin.provider}/${pin.model}**, but **${pin.provider}** is not configured any more. Choose another model with /models use, or go back to the default.`;
  }
  const line = ENDING_LINES[answer.ending];
  if (line !== undefined) return [answer.text, line].filter((part) => part !== "").join("\n\n");
  if (answer.ending === "failed") return failureText(answer.error, reference);
  const limit = {
    stop: answer.text === "" ? "⚠️ The model gave an empty answer." : undefined,
    length: "⚠️ The answer reached the model's length limit.",
    filtered: "⚠️ The provider's filter ended this answer.",
  }[answer.finish?.reason ?? "stop"];
  return [answer.text, limit, switchLine(facts)].filter((part) => part !== undefined && part !== "").join("\n\n");
}

/** Under the first answer after a person chose the model. */
function switchLine({ pin, session }: { pin: Pin | null; session: Session }): string | undefined {
  if (pin === null || pin.by === null || pin.at < (session.answeredAt ?? 0)) return undefined;
  return `📌 Now with ${pin.provider}/${pin.model}, chosen by ${pin.by}.`;
}

function noModelText({ refresher, providers }: TurnDeps): string {
  if (providers.size === 0) return "No provider is configured, so there is no model to answer with.";
  const { indicator } = refresher.status();
  const reason =
    indicator === "refreshing" ? "is being fetched right now; ask again in a moment" : "could not be fetched yet";
  return `There is no model to answer with: the list of models ${reason}. /models status shows why, and \`/models use provider/model\` works without a list.`;
}
