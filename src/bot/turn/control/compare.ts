import { OVER } from "../../../base/clock.js";
import type { Invocation } from "../../../commands/command.js";
import type { CompareOutcome } from "../../../commands/command-deps.js";
import type { ModelRef } from "../../../refresh/choose/model-ref.js";
import type { NumberedTurn } from "../../../store/sessions/session-types.js";
import { comparedId } from "../../../store/sessions/sessions.js";
import { chatRefusal } from "../../access/access.js";
import { limitFault, sharedLimitFault } from "../../access/limits.js";
import { showMark } from "../../delivery/show-mark.js";
import { channelKeyOf, conversationOf, inLanguageOf, workspaceOf } from "../../port/conversation.js";
import type { ChannelKey, ChatPlatform, MessageKey } from "../../port/platform.js";
import type { OpenedThread, PlatformParts } from "../../port/platform-definition.js";
import { PlatformError } from "../../port/platform-error.js";
import { answerPlace, openQuestionOf, type Question } from "../../prompt/question.js";
import { runTurn } from "../ask/run-turn.js";
import { ENDING_MARKS, failureText } from "../endings.js";
import { untilStored } from "../finish-turn.js";
import { pinnedSession } from "../pinned-session.js";
import { begin, type LifeDeps, lineOf, showFirstMark } from "../turn.js";
import { lastQuestion, questionAgain, RESTARTING, refused, surfaceOf, type TurnControlDeps } from "./last-question.js";
import { beginThread } from "./open-thread.js";

/**
 * Has the last question answered by other models as well, at the same time and beside the conversation's history. Each
 * answer is a question of its own: stored, counted, stopped and recovered like any other, in a line of its own.
 * @throws {StoreError} and then those that were stored are answered
 */
export const compare = (
  deps: TurnControlDeps,
  invocation: Invocation,
  models: readonly ModelRef[],
): Promise<CompareOutcome> =>
  // One after the other, so that a command that comes twice finds the first one's questions.
  deps.turns.inOrder(`compare ${invocation.conversation}`, () => compareLast(deps, invocation, models));

async function compareLast(
  deps: TurnControlDeps,
  invocation: Invocation,
  models: readonly ModelRef[],
): Promise<CompareOutcome> {
  const { conversation, user } = invocation;
  const surface = surfaceOf(deps, invocation.platform);
  if (surface === undefined || deps.isClosed()) return refused(RESTARTING);
  const last = await lastQuestion(deps, conversation);
  if (last === undefined) return { kind: "nothing-asked" };
  const open = await deps.sessions.openQuestions();
  const isBusy = open.some(([, one]) => one.conversation === conversation && one.compared && one.ended === null);
  if (isBusy) return { kind: "already" };
  const place = channelKeyOf(conversation);
  const refusal = await chatRefusal(deps.settings.of(workspaceOf(place)), place, { ...invocation, author: user });
  if (refusal !== undefined) return refused(refusal);
  const allowed: ModelRef[] = [];
  let fault: string | undefined;
  for (const model of models) {
    fault ??= limitFault(deps, place, user) ?? (await sharedLimitFault(deps, place, user));
    if (fault === undefined) allowed.push(model);
  }
  if (fault !== undefined && allowed.length === 0) return refused(fault);
  const thread = await threadFor(deps, surface, invocation, last);
  const questions = questionsFor(deps, invocation, { last, models: allowed, answersIn: thread?.place ?? place });
  const [first] = questions;
  const marked = first === undefined ? Promise.resolve() : showFirstMark(deps, surface.platform, first, "working");
  for (const question of questions) {
    if (!(await deps.sessions.open(question.id, openQuestionOf(question, deps.owner)))) return { kind: "already" };
    deps.turns.queue.add(lineOf(question), () =>
      inLanguageOf(deps.settings, question.message, () => answerBeside(deps, surface.platform, question, marked)),
    );
  }
  return { kind: "started", models: allowed, link: thread?.link, fault };
}

/** A thread to answer in; undefined where that is one already, or there are none, or the bot may not open one. */
async function threadFor(
  { log }: Pick<LifeDeps, "log">,
  { openThread }: PlatformParts,
  { conversation, isDirect }: Invocation,
  { turn }: NumberedTurn,
): Promise<OpenedThread | undefined> {
  const place = channelKeyOf(conversation);
  if (openThread === undefined || isDirect || place.thread !== undefined) return undefined;
  return beginThread(openThread, place, { turn }).catch((error) => {
    if (!(error instanceof PlatformError)) throw error;
    log.info({ error }, "no thread for a comparison, answering in the channel");
    return undefined;
  });
}

function questionsFor(
  { clock }: Pick<LifeDeps, "clock">,
  invocation: Invocation,
  terms: { readonly last: NumberedTurn; readonly models: readonly ModelRef[]; readonly answersIn: ChannelKey },
): readonly Question[] {
  const at = clock.now();
  return terms.models.map((model, index) => ({
    ...questionAgain(terms.last, invocation, { at, model }),
    id: comparedId(invocation.conversation, `${at.toString(36)}${index}`),
    compared: { at: { ...terms.answersIn, message: terms.last.turn.question.message }, by: invocation.user },
  }));
}

/**
 * Answers beside the history, without a lease: nothing of the conversation is written. The end mark comes behind the
 * first one, `marked`. Never rejects.
 */
async function answerBeside(
  deps: LifeDeps,
  platform: ChatPlatform,
  question: Question,
  marked: Promise<void>,
): Promise<void> {
  const { sessions, turns, log } = deps;
  const { id } = question;
  turns.inHand.add(question);
  const isOver = new AbortController();
  const { controller } = begin(deps, question, isOver.signal);
  try {
    const pinned = await pinnedSession(deps, question.message);
    await runTurn(deps, { platform, question, signal: controller.signal, onWait() {} }, pinned);
  } catch (error) {
    const reference = deps.newReference();
    log.error({ error, id, reference }, "a compared answer could not be finished");
    const place = answerPlace(question);
    await platform
      .post(place, { markdown: failureText(error, reference, deps.setups) }, { rank: "error", replyTo: place })
      .catch((late) => log.warn({ error: late }, "a refusal was not shown"));
  } finally {
    isOver.abort(OVER);
    turns.running.delete(id);
  }
  try {
    await marked;
    const isSettled = await showOwnEnd(deps, platform, question.message, question.retry?.turn ?? 0);
    if (isSettled) await untilStored(() => sessions.close(id), deps);
  } catch (error) {
    log.error({ error, id }, "could not close the question; retrying at next startup");
  }
  turns.inHand.delete(question);
}

/**
 * Gives a question the mark of the answer that its conversation keeps, that of turn `number`, unless something is being
 * answered to it. Resolves with whether that is settled. @throws {StoreError}
 */
export async function showOwnEnd(
  deps: LifeDeps,
  platform: ChatPlatform,
  asked: MessageKey,
  number: number,
): Promise<boolean> {
  const conversation = conversationOf(asked);
  const isAnswered = [...deps.turns.running.values()].some(
    ({ question: { message } }) => message.message === asked.message && conversationOf(message) === conversation,
  );
  if (isAnswered) return true;
  const own = await deps.sessions.turnAt(conversation, number);
  return showMark(deps, platform, asked, ENDING_MARKS[own?.ending ?? "done"]);
}
