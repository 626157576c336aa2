import { estimateTokenCount } from "tokenx";
import { retry } from "../../base/retry.js";
import { outlookIn } from "../../commands/wording/pin-outlook.js";
import { t } from "../../languages/translate.js";
import { ProviderError, type Usage } from "../../providers/provider.js";
import { factsOf, type ModelRef } from "../../refresh/choose/model-ref.js";
import type { ModelUse } from "../../refresh/refresher.js";
import type { Ending, Pin, Session, Turn } from "../../store/sessions/sessions.js";
import { isPassingStoreError } from "../../store/store.js";
import type { BudgetLimit } from "../../usage/budgets/budget.js";
import type { BudgetNews, SettleRows } from "../../usage/budgets/budgets.js";
import type { UsageEntry, Used } from "../../usage/ledger.js";
import { costOf, type ModelFacts } from "../../usage/model-facts.js";
import { spenderOf } from "../access/spending.js";
import { channelOf, conversationOf, workspaceOf } from "../port/conversation.js";
import type { Person } from "../port/platform.js";
import { PlatformError } from "../port/platform-error.js";
import { answerPlace, type Question, wantedBy } from "../prompt/question.js";
import { cleanQuestion } from "../prompt/untrusted-text.js";
import { offerUnder, withoutTry, withToldRisk } from "./detour.js";
import { modelRefusalOf, pinLine, shownControls, shownText, systemLine } from "./shown-answer.js";
import type { AnsweredTurn, ModelAnswer, TurnDeps } from "./turn-deps.js";

/**
 * Shows the last text with what belongs below it, and saves the turn with what it used, in one step.
 * @throws {StoreError} when it could not be saved @throws what the platform throws in the end
 */
export async function finishTurn(deps: TurnDeps, answered: Omit<AnsweredTurn, "offer">): Promise<Ending> {
  const { answer, pin, stream, prepared } = answered;
  if (pin !== null && answered.isConfigured) noteQuota(deps, pin, answer, answered.startedAt);
  const turn: AnsweredTurn = { ...answered, offer: offerUnder(deps, answered) };
  const reference = deps.newReference();
  if (answer.error !== undefined && answer.ending !== "stopped") {
    deps.log.warn(
      { error: answer.error, reference, provider: pin?.provider, model: pin?.model, ending: answer.ending },
      "a turn failed or was cut off",
    );
  }
  const use = pin === null || !turn.isConfigured || turn.ruling !== undefined ? undefined : feedbackOf(pin, answer);
  if (use !== undefined) deps.refresher.noteUse(use, workspaceOf(turn.question.message));
  const inputTokens = answer.isUsed ? prepared?.estimatedTokens : undefined;
  const { text: output, thoughtChars, finish } = answer;
  const used = usedBy({ usage: finish?.usage, inputTokens, output, thoughtChars });
  const entry = pin === null || used === undefined ? undefined : entryOf(deps, turn, pin, used);
  const limits = deps.budgets.limitsFor(spenderOf(turn.question.message, wantedBy(turn.question)));
  const news = deps.budgets.news(limits, entry);
  const text = shownText(deps, turn, { reference, used, news });
  const isShown = await showLast(deps, turn, text);
  const isPosted = stream.postedIn() !== undefined;
  const ending = isShown ? answer.ending : isPosted && answer.ending !== "failed" ? "cut-off" : "failed";
  await save(deps, turn, { ending, isShown, limits, news, entry: entry && { ...entry, ending } });
  deps.onTurn({
    platform: turn.platform.name,
    provider: pin?.provider ?? null,
    model: pin?.model ?? null,
    ending,
    durationMs: deps.clock.now() - turn.startedAt,
    firstTextMs: answer.firstTextAt === undefined ? null : answer.firstTextAt - turn.startedAt,
    ...(answer.error !== undefined && { failure: { reference, cause: causeOf(answer.error) } }),
  });
  return ending;
}

/** What an error was, without a word of what was said: a provider may quote the question. */
function causeOf(error: unknown): string {
  if (!(error instanceof ProviderError)) return error instanceof Error ? error.name : "unknown";
  return error.status === undefined ? error.reason : `${error.reason} (${error.status})`;
}

/**
 * Resolves with whether all of it is shown. What the platform refuses in every form is told in one line.
 * @throws what the platform throws in the end
 */
async function showLast(deps: TurnDeps, turn: AnsweredTurn, text: string): Promise<boolean> {
  const { stream, platform, question } = turn;
  try {
    return await stream.finish(text, shownControls(deps, turn, text));
  } catch (error) {
    if (!(error instanceof PlatformError) || error.why === undefined) throw error;
    deps.log.warn({ error }, "the platform refused an answer");
    const what = stream.postedIn() === undefined ? t`The answer` : t`The rest of the answer`;
    const place = answerPlace(question);
    const terms = { rank: "error", replyTo: place } as const;
    await platform.post(place, { markdown: t`⚠️ ${what} could not be shown: ${error.why}.` }, terms);
    return false;
  }
}

/** What a turn says about its model; undefined where it says nothing (stopped, network, the provider's trouble). */
function feedbackOf({ provider, model }: Pin, { finish, error }: ModelAnswer): ModelUse | undefined {
  if (finish !== undefined) return { provider, model };
  const failure = modelRefusalOf(error);
  return failure && { provider, model, failure };
}

/** Reads what an answer, or a refusal, reported about the account's quotas. */
export function noteQuota({ quota }: TurnDeps, model: Pin, answer: ModelAnswer, askedAt: number): void {
  const { readings = [], finish } = answer;
  quota.note({ model, askedAt, isAnswered: finish !== undefined, readings });
}

interface Outcome {
  readonly ending: Ending;
  readonly isShown: boolean;
  readonly entry: UsageEntry | undefined;
  readonly limits: readonly BudgetLimit[];
  readonly news: BudgetNews | undefined;
}

async function save(deps: TurnDeps, turn: AnsweredTurn, outcome: Outcome): Promise<void> {
  const { ending, isShown, entry, limits, news } = outcome;
  const { question, answer, pin, prepared, stream, startedAt } = turn;
  const sent = prepared?.sent ?? question.retry?.sent;
  const said = cleanQuestion(question.text).trim();
  const posted = stream.postedIn();
  const row: Turn = {
    question: {
      message: question.message.message,
      author: question.asker.name,
      authorId: question.asker.id,
      text: said,
      ...(sent !== undefined && sent !== said && { sent }),
      at: startedAt,
    },
    answer: answer.text,
    ...(posted !== undefined && { shownIn: posted.message }),
    ending,
    provider: pin?.provider ?? null,
    model: pin?.model ?? null,
    usage: answer.finish?.usage ?? null,
    endedAt: deps.clock.now(),
  };
  const writes = entry === undefined ? [] : [deps.ledger.writeOf(entry)];
  const settling = { id: question.id, entry, news, name: wantedBy(question).name };
  const end = (store: (settle: SettleRows) => Promise<void>) =>
    untilStored(() => deps.budgets.settle(limits, settling, store), deps);
  if (question.compared !== undefined) {
    const { thread } = question.compared.at;
    const compared = { number: question.retry?.turn ?? 0, ...(thread !== undefined && { thread }) };
    const beside = { ...row, compared };
    await end((settle) => deps.sessions.endCompared(question.id, beside, { writes, settle }));
    if (entry !== undefined) deps.quota.count(entry);
    return;
  }
  const { change, changeChannel } = toldLines(deps, turn, isShown);
  const also = { replaces: question.retry?.turn, change: (now: Session) => change(turn.begin(now)), writes };
  await end((settle) => deps.sessions.end(question.id, conversationOf(question.message), row, { ...also, settle }));
  if (entry !== undefined) deps.quota.count(entry);
  if (changeChannel !== undefined) {
    await deps.sessions
      .change(channelOf(question.message), changeChannel)
      .catch((error) => deps.log.warn({ error }, "notices under an answer were not stored, they may be repeated"));
  }
}

function entryOf(deps: TurnDeps, { question, answer }: AnsweredTurn, pin: Pin, used: Used): UsageEntry {
  const { ending } = answer;
  const account = deps.quota.accountOf(pin.provider);
  const facts = { question: { ...question, asker: wantedBy(question) }, model: pin, modelFacts: factsOf(deps, pin) };
  return { ...usageEntry({ ...facts, used, ending }), ...(account && { account }) };
}

/** What sessions become, so that the next answer does not say the same lines again. */
interface ToldLines {
  /** A line about what a person changed meanwhile still has to be shown. */
  readonly change: (now: Session) => Session;
  /** A thread begins with the news of its channel, which the next thread need not tell again, nor try its pin. */
  readonly changeChannel?: (now: Session) => Session;
}

function toldLines(deps: TurnDeps, turn: AnsweredTurn, isShown: boolean): ToldLines {
  const { session, answer, question } = turn;
  const { pin } = session;
  if (pin === null) return { change: (now) => now };
  const offer = isShown ? turn.offer : undefined;
  const note = answer.finish !== undefined ? outlookIn(deps, workspaceOf(question.message), pin)?.note : session.noted;
  const isPinTold = isShown && pinLine(turn.pin, session, answer) !== undefined;
  const isSystemTold = isShown && systemLine(session, answer) !== undefined;
  const withoutSystemNews = (now: Session): Session => {
    const { systemNews, ...rest } = now;
    const isTold = isSystemTold && systemNews === session.systemNews && now.system === session.system;
    return isTold ? rest : now;
  };
  return {
    change(now) {
      const { noted: _noted, pinNews, ...rest } = withToldRisk(offer, withoutSystemNews(now), deps.clock.now());
      const news = isPinTold && now.pin?.at === pin.at ? undefined : pinNews;
      return { ...rest, ...(note !== undefined && { noted: note }), ...(news !== undefined && { pinNews: news }) };
    },
    ...(question.message.thread !== undefined &&
      (isSystemTold || offer !== undefined || turn.isTried) && {
        changeChannel: (now) => withoutTry(turn, withToldRisk(offer, withoutSystemNews(now), deps.clock.now())),
      }),
  };
}

/** Pauses between the attempts, in ms: a full disk or a restarting store recovers in minutes, or needs a person. */
const STORE_PAUSES_MS = [500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 120_000, 300_000];

/** Pauses while somebody waits who sees nothing happen; a line to the store that was cut is up again within seconds. */
export const ASKER_PAUSES_MS = [250, 500, 1_000, 2_000, 4_000];

/**
 * Does what must not be lost to a store that fails for a while. `pausesMs`: default, about nine minutes in all.
 * @throws {StoreError} the last one; at once where no retry can help, as for a damaged row
 */
export const untilStored = <T>(
  work: () => Promise<T>,
  { clock, log }: Pick<TurnDeps, "clock" | "log">,
  pausesMs: readonly number[] = STORE_PAUSES_MS,
): Promise<T> =>
  retry(work, {
    clock,
    delays: pausesMs,
    shouldRetry: isPassingStoreError,
    onRetry: (error, pauseMs) => log.warn({ error, pauseMs }, "store failed, retrying"),
  });

/** What a token of reasoning takes: most of it is prose or code. */
const CHARS_PER_TOKEN = 4;

/** What a turn used: as the provider says, or an estimate. Undefined where nothing reached the provider. */
export function usedBy(terms: {
  readonly usage: Usage | undefined;
  readonly inputTokens: number | undefined;
  readonly output: string;
  /** The length of the reasoning, which vendors charge for as for an answer. */
  readonly thoughtChars?: number | undefined;
}): Used | undefined {
  const { usage, inputTokens, output, thoughtChars = 0 } = terms;
  const isKnown = usage?.inputTokens !== undefined && usage.outputTokens !== undefined;
  if (!isKnown && inputTokens === undefined) return undefined;
  return {
    inputTokens: usage?.inputTokens ?? inputTokens ?? 0,
    outputTokens: usage?.outputTokens ?? estimateTokenCount(output) + Math.ceil(thoughtChars / CHARS_PER_TOKEN),
    cachedTokens: usage?.cachedTokens ?? 0,
    isEstimated: !isKnown,
  };
}

/** The ledger's entry of a turn. */
export function usageEntry(facts: {
  readonly question: Pick<Question, "id" | "message" | "at"> & { readonly asker: Person };
  readonly model: ModelRef;
  readonly used: Used;
  readonly modelFacts: ModelFacts;
  readonly ending: Ending;
}): UsageEntry {
  const { question, model, used, ending } = facts;
  const costUsd = costOf(facts.modelFacts, used);
  return {
    id: question.id,
    at: question.at,
    workspace: workspaceOf(question.message),
    platform: question.message.platform,
    user: { id: question.asker.id, name: question.asker.name },
    provider: model.provider,
    model: model.model,
    ...used,
    costUsd,
    priceSource: costUsd === null ? null : (facts.modelFacts.priceSource ?? null),
    ending,
  };
}
