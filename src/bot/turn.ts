import type { Clock } from "../clock.js";
import type { HostConfig } from "../config-host.js";
import type { Log } from "../log.js";
import { withIdleTimeout } from "../providers/idle-timeout.js";
import type { ChatRequest, Provider, ProviderId } from "../providers/provider.js";
import type { ModelRef } from "../refresh/default-model.js";
import type { Refresher } from "../refresh/refresher.js";
import type { Ending, Pin, Session, Sessions, Turn } from "../store/sessions.js";
import type { ProviderSlots } from "../usage/provider-slots.js";
import { contextOf } from "./context.js";
import { conversationOf, workspaceOf } from "./conversation.js";
import { endingOf } from "./endings.js";
import { goneLine, pinNote, replacements, useOf } from "./model-use.js";
import type { ChatPlatform, Mention, ReplyStream } from "./platform.js";
import { createReplyStream } from "./reply-stream.js";
import { type Answer, pinLine, shownText } from "./turn-text.js";
import { untilStored } from "./until-stored.js";

/** Longest answer, in UTF-16 code units: a model that never stops would fill memory, store and channel. */
const MAX_ANSWER_CHARS = 200_000;

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
  const { id, mention, platform } = turn;
  const lost = new AbortController();
  const signal = AbortSignal.any([turn.signal, lost.signal]);
  const conversation = conversationOf(mention.message);
  const startedAt = clock.now();
  const stream = (platform.createReplyStream ?? createReplyStream)({
    platform,
    question: mention.message,
    asker: mention.author,
    controls: [],
    clock,
    log,
    onPosted: (message) =>
      sessions
        .noteAnswer(id, message)
        .catch((error) => log.error({ error, id }, "the place of an answer was not stored")),
    // Nobody can read the rest, so nobody pays for it.
    onLost: (error) => lost.abort(error),
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

  const use = pin === null || provider === undefined ? undefined : useOf(pin, answer);
  if (use !== undefined) deps.refresher.noteUse(use);
  const snapshot = deps.refresher.snapshot();
  const instead = pin === null ? undefined : replacements(snapshot, pin, answer.error);
  const gone = pin === null || answer.ending !== "done" ? undefined : goneLine(snapshot, pin, session);
  const shown = [
    shownText(deps, { answer, pin, isConfigured: provider !== undefined, reference, session }),
    instead?.line,
    gone,
  ];
  const isShown = await stream.finish(
    shown.filter((part) => part !== undefined).join("\n\n"),
    pin !== null && provider === undefined
      ? [{ label: "Use the default", command: "/models unpin" }]
      : (instead?.controls ?? []),
  );
  const ending = isShown
    ? answer.ending
    : stream.postedIn() !== undefined && answer.ending !== "failed"
      ? "cut-off"
      : "failed";
  const turnRow: Turn = {
    question: { message: mention.message.message, author: mention.author.name, text: mention.text, at: startedAt },
    answer: answer.text,
    ending,
    provider: pin?.provider ?? null,
    model: pin?.model ?? null,
    usage: answer.finish?.usage ?? null,
    endedAt: clock.now(),
  };
  await untilStored(() => sessions.end(id, conversation, turnRow), deps);
  if (pin !== null) {
    const note = answer.ending === "done" ? pinNote(snapshot, pin) : session.noted;
    const isNewsTold = isShown && pinLine(pin, session, answer) !== undefined;
    await rememberTold(deps, conversation, { pin, note, isNewsTold });
  }
  deps.onTurn({
    platform: platform.name,
    provider: pin?.provider ?? null,
    model: pin?.model ?? null,
    ending,
    durationMs: clock.now() - startedAt,
    firstTextMs: answer.firstTextAt === undefined ? null : answer.firstTextAt - startedAt,
  });
  return ending;
}

/** So that the next answer does not say the same; what a person changed meanwhile is still news. */
async function rememberTold(
  { sessions, log }: TurnDeps,
  conversation: string,
  told: { readonly pin: Pin; readonly note: string | undefined; readonly isNewsTold: boolean },
): Promise<void> {
  await sessions
    .change(conversation, (before) => {
      const { noted, pinNews, ...session } = before;
      const isNewsOver = told.isNewsTold && before.pin?.at === told.pin.at;
      const news = isNewsOver ? undefined : pinNews;
      if (told.note === noted && news === pinNews) return before;
      return {
        ...session,
        ...(told.note !== undefined && { noted: told.note }),
        ...(news !== undefined && { pinNews: news }),
      };
    })
    .catch((error) => log.warn({ error }, "what was told was not remembered; the next answer tells it again"));
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
        // Leaving the loop ends the provider's stream.
        if (text.length >= MAX_ANSWER_CHARS)
          return { text, ending: "done", finish: { reason: "length" }, ...withFirstText() };
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
    author: mention.author.name,
    contextTokens: row?.contextTokens,
    historyTokens: chat.historyTokens,
    historyMessages: chat.historyMessages,
  });
  return { model: pin.model, system, messages };
}
