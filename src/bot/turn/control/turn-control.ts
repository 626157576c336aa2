import { withDeadline } from "../../../base/deadline.js";
import { UserError } from "../../../base/errors.js";
import { saysSomething } from "../../../base/text.js";
import type { Invocation } from "../../../commands/command.js";
import type { RatingOutcome, RetryOutcome, TurnControl } from "../../../commands/command-deps.js";
import { phrase, t } from "../../../languages/translate.js";
import { type ModelRef, modelName } from "../../../refresh/choose/model-ref.js";
import type { Settings } from "../../../refresh/settings.js";
import type { Sessions, Turn } from "../../../store/sessions/sessions.js";
import type { Votes } from "../../../usage/votes.js";
import { chatRefusal } from "../../access/access.js";
import { FULL_LINE, limitFault } from "../../access/limits.js";
import { channelKeyOf, channelOf, conversationOf, workspaceOf } from "../../port/conversation.js";
import { answerPlace, openQuestionOf, type Question, wantedBy } from "../../prompt/question.js";
import { type AnswerControls, answerIdOf } from "../answer-controls.js";
import { TurnCalledOff } from "../endings.js";
import { leaseName } from "../line/conversation-line.js";
import { enqueue, type LifeDeps, lineOf, showFirstMark } from "../turn.js";
import { choose } from "./choose.js";
import { compare } from "./compare.js";
import { lastQuestion, questionAgain, RESTARTING, refused, surfaceOf, type TurnControlDeps } from "./last-question.js";
import { openThread } from "./open-thread.js";

/** What commands do to answers. */
export const createTurnControl = (deps: TurnControlDeps): TurnControl => ({
  stop: (conversation, by, answer) => stop(deps, conversation, by, answer),
  retry: (invocation, model) => retry(deps, invocation, model),
  compare: (invocation, models) => compare(deps, invocation, models),
  choose: (...call) => choose(deps, ...call),
  rate: (invocation, isGood) => rateAnswer(deps, invocation, isGood),
  openThread: (invocation) => openThread(deps, invocation),
  forget: (conversation, also) => forget(deps, conversation, also),
});

async function stop({ turns }: LifeDeps, ...[conversation, by, answer]: Parameters<TurnControl["stop"]>) {
  const here = [...turns.running.values()].filter(({ question }) => isMeant(question, conversation, answer));
  // A turn that waits here for another replica is not what streams; it is stopped here where that replica is gone.
  const isElsewhere = here.length === 0 || here.some(({ isWaiting }) => isWaiting);
  const remote = isElsewhere ? await turns.remoteStop.ask(conversation, by, answer) : "nothing-runs";
  const running = here.filter(({ isWaiting }) => !isWaiting || remote === "nothing-runs");
  if (running.length === 0) return remote;
  const stopped = running.filter(({ question }) => by.isOperator || wantedBy(question).id === by.id);
  for (const { controller } of stopped) controller.abort(new TurnCalledOff("stopped"));
  return stopped.length > 0 ? "stopped" : "not-yours";
}

/** Whether a stop in a conversation means this answer: one in its line, beside its history, or in its thread. */
const isMeant = (question: Question, conversation: string, answer: string | undefined): boolean =>
  [question.message, answerPlace(question)].some((place) => conversationOf(place) === conversation) &&
  (answer === undefined || (question.compared !== undefined && answerIdOf(question) === answer));

/** Asks the last question again. Its answer takes the place of the one before in what is sent from then on. */
async function retry(deps: TurnControlDeps, invocation: Invocation, model?: ModelRef): Promise<RetryOutcome> {
  const { sessions, clock, turns } = deps;
  const { conversation, user, isOperator, on } = invocation;
  const platform = surfaceOf(deps, invocation.platform)?.platform;
  if (platform === undefined || deps.isClosed()) return refused(RESTARTING);
  const last = await lastQuestion(deps, conversation);
  if (last === undefined) return { kind: "nothing-asked" };
  const { authorId } = last.turn.question;
  if (authorId !== user.id && !isOperator) return { kind: "not-yours" };
  if (on !== undefined && last.turn.shownIn !== undefined && on !== last.turn.shownIn) return { kind: "not-last" };
  const question = questionAgain(last, invocation, { at: clock.now(), model });
  if (await sessions.isOpen(question.id)) return { kind: "already" };
  const place = channelKeyOf(conversation);
  const refusal = await chatRefusal(deps.settings.of(workspaceOf(place)), place, { ...invocation, author: user });
  const isFull = turns.queue.placeFor(conversation) === "full";
  const fault = refusal ?? (isFull ? FULL_LINE : limitFault(deps, place, user));
  if (fault !== undefined) return refused(fault);

  if (!(await sessions.open(question.id, openQuestionOf(question, deps.owner)))) return { kind: "already" };
  const taken = enqueue(deps, platform, question);
  if (taken === "waiting") await showFirstMark(deps, platform, question, "waiting");
  if (taken !== "full") return { kind: taken === "waiting" ? "waiting" : "started" };
  await sessions.close(question.id);
  return refused(FULL_LINE);
}

/** How long stopped answers may take to show how they ended. */
const LAST_EDITS_MS = 5_000;
const FORGET_LEASE_MS = 10_000;
const BUSY = phrase`An answer is still being written here. Stop it with \`/chat stop\`, then use \`/chat forget\`
  again.`;

/** Nothing can be written while the conversation is erased: its turns have ended, and the lease is ours. */
async function forget(deps: TurnControlDeps, ...[conversation, also]: Parameters<TurnControl["forget"]>) {
  const { store, sessions, clock, log } = deps;
  const ended = { what: "the answer", timeoutMs: LAST_EDITS_MS, clock };
  await withDeadline(() => emptyLine(deps, conversation), ended).catch(() => {
    throw new UserError(t(BUSY));
  });
  const lease = await store.claim(leaseName(conversation), { ttlMs: FORGET_LEASE_MS, isReentrant: true });
  if (!lease.held) throw new UserError(t(BUSY));
  try {
    const place = channelKeyOf(conversation);
    deps.images.forget(conversation);
    await surfaceOf(deps, place.platform)?.forget?.(place);
    return await sessions.forget(conversation, also);
  } finally {
    await store.commit(lease.claim, []).catch((error) => log.warn({ error }, "lease was not released, it expires"));
  }
}

/** Stops what runs and what waits in a conversation, and resolves when all of it has ended. */
async function emptyLine({ turns }: LifeDeps, conversation: string): Promise<void> {
  turns.emptied.add(conversation);
  const running = [...turns.running.values()].filter(
    ({ question }) => conversationOf(question.message) === conversation,
  );
  for (const { controller } of running) controller.abort(new TurnCalledOff("stopped"));
  const lines = new Set([conversation, ...running.map(({ question }) => lineOf(question))]);
  await Promise.all([...lines].map(turns.queue.idleIn)).finally(() => turns.emptied.delete(conversation));
}

export interface RatingDeps {
  readonly sessions: Pick<Sessions, "lastTurn" | "turnShownIn" | "comparedAnswers">;
  readonly settings: Pick<Settings, "of">;
  readonly controls: Pick<AnswerControls, "otherModels">;
  readonly votes: Pick<Votes, "cast">;
}

/**
 * Counts what somebody thinks of an answer: of the one whose control was pressed, else of the conversation's last.
 * Under a bad one stands what answers the question again, where this person may have that done. @throws {StoreError}
 */
export async function rateAnswer(
  { sessions, settings, controls, votes }: RatingDeps,
  invocation: Invocation,
  isGood: boolean,
): Promise<RatingOutcome> {
  const { platform, workspace, conversation, user, isOperator, on } = invocation;
  if (settings.of(workspace).feedback === false) return { kind: "off" };
  const found = await ratedTurn(sessions, conversation, on);
  const { provider, model, answer, shownIn, question, endedAt } = found?.turn ?? {};
  if (found === undefined || provider == null || model == null || shownIn === undefined || !saysSomething(answer ?? ""))
    return { kind: "unknown" };
  // A chosen answer stands in the thread and in its channel: a person has one vote on it.
  const place = found.turn.compared === undefined ? conversation : channelOf(channelKeyOf(conversation));
  const vote = { at: endedAt ?? 0, workspace, platform, userId: user.id, provider, model, isGood };
  const how = await votes.cast(vote, { conversation: place, message: shownIn });
  const last = isGood ? undefined : on === undefined ? found : await sessions.lastTurn(conversation);
  const mayRetry = last !== undefined && last.number === found.number && (isOperator || question?.authorId === user.id);
  const instead = mayRetry ? controls.otherModels({ provider, model }, workspace) : [];
  return { kind: "counted", how, model: modelName({ provider, model }), instead };
}

/** Most answers of a conversation's comparisons that are looked at. */
const MAX_COMPARED = 50;

/** The turn whose answer ends in the message `on`, or else the last one; a compared answer is in no history yet. */
async function ratedTurn(
  sessions: RatingDeps["sessions"],
  conversation: string,
  on: string | undefined,
): Promise<{ readonly number: number | undefined; readonly turn: Turn } | undefined> {
  if (on === undefined) return sessions.lastTurn(conversation);
  for (const place of new Set([conversation, channelOf(channelKeyOf(conversation))])) {
    const compared = await sessions.comparedAnswers(place, MAX_COMPARED);
    const found = compared.findLast(({ turn }) => turn.shownIn === on);
    if (found !== undefined) return { number: undefined, turn: found.turn };
  }
  return sessions.turnShownIn(conversation, on);
}
