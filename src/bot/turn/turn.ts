import type { Provider } from "../../providers/provider.js";
import type { Asked, Ending, Pin, Session } from "../../store/sessions/sessions.js";
import { createReplyStream } from "../delivery/reply-stream.js";
import type { ReplyStream } from "../port/platform.js";
import { type Prepared, prepareRequest } from "../prompt/prepare-request.js";
import type { Question } from "../prompt/question.js";
import { STOP_CONTROL } from "./answer-controls.js";
import { type AnswerText, createAnswerText } from "./answer-text.js";
import { askModel } from "./ask-model.js";
import { endingOf } from "./endings.js";
import { finishTurn } from "./finish-turn.js";
import { pinnedSession } from "./pinned-session.js";
import type { TurnDeps, TurnTerms } from "./turn-deps.js";
import type { Answer } from "./turn-text.js";
import { estimatedTokens } from "./usage-entry.js";

/**
 * Answers one question from the session's pin to the saved turn, and resolves with how it ended. The end mark is the
 * caller's.
 * @throws {StoreError} when the turn could not be read or saved
 */
export async function runTurn(deps: TurnDeps, terms: TurnTerms): Promise<Ending> {
  const { sessions, clock } = deps;
  const { question, platform } = terms;
  const startedAt = clock.now();
  const lost = new AbortController();
  const signal = AbortSignal.any([terms.signal, lost.signal]);
  const session = await pinnedSession(deps, question.message);
  const pin = asked(session.pin, question, startedAt);
  const provider = pin === null ? undefined : deps.providers.get(pin.provider);
  const text = createAnswerText({ showsReasoning: session.showsReasoning ?? false });
  let prepared: Prepared | undefined;
  const stream = (platform.createReplyStream ?? createReplyStream)({
    platform,
    question: question.message,
    asker: question.asker,
    clock,
    log: deps.log,
    controls: [STOP_CONTROL],
    onPosted: (message) =>
      sessions
        .noteAnswer(question.id, message, askedOf(pin, prepared))
        .catch((error) => deps.log.error({ error, id: question.id }, "the place of an answer was not stored")),
    // Nobody can read the rest, so nobody pays for it.
    onLost: (error) => lost.abort(error),
  });

  const ask = async (configured: Provider, model: Pin): Promise<Answer> => {
    // Before its turn at the provider: reading files may take a while, and others can be answered meanwhile.
    const ready = await prepareRequest(
      { ...deps, snapshot: deps.refresher.snapshot },
      { model, session, question, signal },
    );
    prepared = ready;
    return deps.slots.run(model.provider, signal, () =>
      askModel(
        { breaker: deps.breaker, clock, silenceMs: deps.chat.timeoutMs },
        { provider: configured, request: ready.request, signal, text, onText: () => showNew(stream, text) },
      ),
    );
  };
  const answer: Answer =
    pin === null || provider === undefined
      ? { text: "", ending: "failed" }
      : await ask(provider, pin).catch(
          (error): Answer => ({ text: text.said(), ending: endingOf(error, false), error }),
        );
  return finishTurn(deps, {
    ...terms,
    session: question.retry?.model === undefined ? session : withoutNews(session),
    pin,
    isConfigured: provider !== undefined,
    stream,
    answer,
    shown: text.shown(),
    prepared,
    startedAt,
  });
}

const showNew = (stream: ReplyStream, text: AnswerText) => {
  if (text.shown() !== "") stream.show(text.shown());
};

/** What a kill leaves of the turn's use. */
const askedOf = (pin: Pin | null, prepared: Prepared | undefined): Asked | undefined =>
  pin === null || prepared === undefined
    ? undefined
    : { provider: pin.provider, model: pin.model, inputTokens: estimatedTokens(prepared) };

/** The answer of another model says nothing of the pin. */
function withoutNews(session: Session): Session {
  const { pinNews: _kept, ...rest } = session;
  return rest;
}

/** A retry with another model leaves the pin as it is. */
const asked = (pin: Pin | null, { retry, asker }: Question, at: number): Pin | null =>
  retry?.model === undefined ? pin : { ...retry.model, at, by: asker.name };
