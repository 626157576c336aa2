import { saysSomething } from "../../../base/text.js";
import { type Provider, ProviderError } from "../../../providers/provider.js";
import type { QuestionRoute } from "../../../quota/fallback/route.js";
import type { Asked, Ending, Pin, Session } from "../../../store/sessions/sessions.js";
import type { BudgetLimit } from "../../../usage/budgets/budget.js";
import { costOf } from "../../../usage/model-facts.js";
import { needsCap, spenderOf } from "../../access/spending.js";
import { createReplyStream } from "../../delivery/reply-stream.js";
import { workspaceOf } from "../../port/conversation.js";
import type { Mark, ReplyStream } from "../../port/platform.js";
import { type Prepared, prepareRequest } from "../../prompt/prepare-request.js";
import { answerPlace, type Question, wantedBy } from "../../prompt/question.js";
import { comparedHeading, stopControl } from "../answer-controls.js";
import { chooseRoute, withoutTry, withRoute } from "../detour.js";
import { endingOf } from "../endings.js";
import { finishTurn, noteQuota } from "../finish-turn.js";
import { type PinnedSession, pinOf, withoutNews } from "../pinned-session.js";
import type { AnsweredTurn, ModelAnswer, TurnDeps, TurnTerms } from "../turn-deps.js";
import { type AnswerText, askModel, createAnswerText } from "./ask-model.js";

/** What a turn is run with. */
export interface RunTerms extends TurnTerms {
  /** Shows that the question waits for its provider, and that it goes on. */
  onWait(mark: Extract<Mark, "waiting" | "working">): void;
}

/**
 * Answers one question from the session's pin to the saved turn, and resolves with how it ended.
 * @throws {StoreError} when the turn could not be saved
 */
export async function runTurn(deps: TurnDeps, terms: RunTerms, pinned: PinnedSession): Promise<Ending> {
  const { question } = terms;
  const { session, begin, channelPinned } = pinned;
  const startedAt = deps.clock.now();
  const lost = new AbortController();
  const text = createAnswerText({ showsReasoning: session.showsReasoning ?? false });
  const own = pinOf(session, question, startedAt);
  let route = await chooseRoute(deps, question, session, own);
  let asked: Asked | undefined;
  const stream = openStream(deps, terms, {
    asked: () => asked,
    // Nobody can read the rest, so nobody pays for it.
    onLost: (error) => lost.abort(error),
  });
  const attempt = (route: QuestionRoute) =>
    answerBy(deps, route, {
      ...{ ...terms, pinned, startedAt, text, stream, signal: AbortSignal.any([terms.signal, lost.signal]) },
      onPrepared: ({ provider, model }, { estimatedTokens }) => {
        asked = { provider, model, inputTokens: estimatedTokens };
      },
    });
  let result = await attempt(route);
  if (route.kind === "pinned" && own !== null && text.shown() === "" && isQuotaRefusal(result.answer)) {
    noteQuota(deps, own, result.answer, startedAt);
    const other = await chooseRoute(deps, question, session, own);
    // The workspace has agreed to it beforehand; where it has not, the refusal is shown.
    if (other.kind === "detour") {
      route = other;
      result = await attempt(route);
    }
  }
  const isTried = session.triesPin === true && route.kind === "pinned";
  const isOthers = question.retry?.model !== undefined || route.kind === "detour";
  const ending = await finishTurn(deps, {
    ...terms,
    ...result,
    session: isOthers ? withoutNews(session) : session,
    begin: (now: Session) => withoutTry({ isTried }, withRoute(route, session, begin(now))),
    route,
    isTried,
    stream,
    shown: text.shown(),
    startedAt,
  });
  await channelPinned;
  return ending;
}

type Answered = Pick<AnsweredTurn, "pin" | "isConfigured" | "ruling" | "answer" | "prepared">;

interface AnswerTerms extends RunTerms {
  readonly pinned: PinnedSession;
  readonly startedAt: number;
  readonly text: AnswerText;
  readonly stream: ReplyStream;
  onPrepared(model: Pin, prepared: Prepared): void;
}

/** The answer of the model that the route leads to. Never rejects: every way it can end is an answer. */
async function answerBy(deps: TurnDeps, route: QuestionRoute, terms: AnswerTerms): Promise<Answered> {
  const { question, pinned, startedAt, text } = terms;
  const pin = modelOn(route, pinned.session, question, startedAt);
  const provider = pin === null ? undefined : deps.providers.get(pin.provider);
  const verdict = pin === null ? undefined : deps.allowed.judge(workspaceOf(question.message), pin);
  const ruling = verdict?.isAllowed === false ? verdict : undefined;
  const about = { pin, isConfigured: provider !== undefined, ruling };
  if (pin === null || provider === undefined || ruling !== undefined || route.kind === "stopped") {
    return { ...about, answer: { text: "", ending: "failed" }, prepared: undefined };
  }
  let prepared: Prepared | undefined;
  const limits = deps.budgets.limitsFor(spenderOf(question.message, wantedBy(question)));
  try {
    // Before its turn at the provider: reading files may take a while, and others can be answered meanwhile.
    prepared = await prepareRequest(deps, {
      ...pinned,
      model: pin,
      question,
      needsCap: needsCap(limits),
      signal: terms.signal,
    });
    terms.onPrepared(pin, prepared);
    return { ...about, answer: await askInTime(deps, terms, { provider, pin, prepared, limits }), prepared };
  } catch (error) {
    return { ...about, answer: { text: text.said(), ending: endingOf(error, false), error }, prepared };
  }
}

/** What answers; a detour says nothing of who chose the pin. */
const modelOn = (route: QuestionRoute, session: Session, question: Question, at: number): Pin | null =>
  route.kind === "detour"
    ? { provider: route.detour.provider, model: route.detour.model, at, by: null }
    : pinOf(session, question, at);

interface AskedModel {
  readonly provider: Provider;
  readonly pin: Pin;
  readonly prepared: Prepared;
  readonly limits: readonly BudgetLimit[];
}

/**
 * Asks as soon as the provider's limit of a minute, the budgets and its slots allow.
 * @throws {BudgetUsedUp} @throws {BudgetsUnknown}
 */
async function askInTime(
  deps: TurnDeps,
  terms: AnswerTerms,
  { provider, pin, prepared, limits }: AskedModel,
): Promise<ModelAnswer> {
  const { signal, text, stream } = terms;
  const { request } = prepared;
  const heading = terms.question.compared === undefined ? "" : `${comparedHeading(pin)}\n\n`;
  let hasInk = false;
  const onText = () => {
    // A text that grows never stops to say something; looking at all of it with every token would be felt.
    hasInk ||= saysSomething(text.shown());
    if (hasInk) stream.show(heading + text.shown());
  };
  const askDeps = { breaker: deps.breaker, clock: deps.clock, silenceMs: deps.chat.timeoutMs };
  await waitForMinute(deps, terms, pin);
  await holdBudgets(deps, terms, prepared, limits);
  return deps.slots.run(pin.provider, signal, () => askModel(askDeps, { provider, request, signal, text, onText }));
}

/** Waits while a limit of a minute is known to be used up, under ⏳. @throws signal.reason when aborted meanwhile */
async function waitForMinute({ quota, clock }: TurnDeps, { onWait, signal }: AnswerTerms, pin: Pin): Promise<void> {
  const waitMs = (quota.ofModel(pin).waitUntil ?? 0) - clock.now();
  if (waitMs <= 0) return;
  onWait("waiting");
  await clock.sleep(waitMs, signal);
  onWait("working");
}

/** Holds the most that the answer may use, under ⏳ where it has to wait for that. */
async function holdBudgets(
  { budgets }: TurnDeps,
  { question, signal, onWait }: AnswerTerms,
  { facts, estimatedTokens: inputTokens, cap }: Prepared,
  limits: readonly BudgetLimit[],
): Promise<void> {
  const outputTokens = cap?.tokens ?? 0;
  let hasWaited = false;
  await budgets.reserve(limits, {
    ...{ id: question.id, signal },
    cost: { usd: costOf(facts, { inputTokens, outputTokens }), tokens: inputTokens + outputTokens },
    onWait() {
      hasWaited = true;
      onWait("waiting");
    },
  });
  if (hasWaited) onWait("working");
}

const isQuotaRefusal = ({ error }: ModelAnswer): boolean =>
  error instanceof ProviderError && (error.reason === "quota" || error.reason === "spend-cap");

/** The answer that grows, whose place is stored with its first message. */
function openStream(
  { sessions, clock, log }: TurnDeps,
  { platform, question }: TurnTerms,
  { asked, onLost }: { asked(): Asked | undefined; onLost(error: Error): void },
): ReplyStream {
  return (platform.createReplyStream ?? createReplyStream)({
    platform,
    question: answerPlace(question),
    asker: question.asker,
    clock,
    log,
    controls: [stopControl(question)],
    // Not waited for: with a slow store the answer goes on growing meanwhile.
    onPosted: async (message) =>
      void sessions
        .noteAnswer(question.id, message, asked())
        .catch((error) => log.error({ error, id: question.id }, "the place of an answer was not stored")),
    onLost,
  });
}
