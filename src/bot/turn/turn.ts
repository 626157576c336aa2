import { OVER } from "../../base/clock.js";
import type { Serial } from "../../base/serial.js";
import type { Said } from "../../languages/translate.js";
import { FULL_LINE, limitFault, sharedLimitFault } from "../access/limits.js";
import { showMark } from "../delivery/show-mark.js";
import { conversationOf, inLanguageOf } from "../port/conversation.js";
import type { ChatPlatform, Mention } from "../port/platform.js";
import { placeInLine, type Question, questionOf, withReplaced } from "../prompt/question.js";
import { threadControl } from "./answer-controls.js";
import { runTurn } from "./ask/run-turn.js";
import { failureText, TurnCalledOff } from "./endings.js";
import { untilStored } from "./finish-turn.js";
import type { BurstBrake } from "./line/burst-brake.js";
import { GaveWay, isBefore, type Place, type TurnQueue, withLease } from "./line/conversation-line.js";
import { isNext, isTakenOver, type RemoteStop } from "./other-replicas.js";
import { type PinnedSession, pinnedSession } from "./pinned-session.js";
import { claimQuestion, closeQuestion, type QuestionTerms, withdrawQuestion } from "./question-claim.js";
import { refuse } from "./refuse.js";
import { canOpenThread } from "./shown-answer.js";
import type { ChatDeps } from "./turn-deps.js";

/** The turn at the head of a line. */
export interface Running {
  readonly question: Question;
  readonly controller: AbortController;
  /** Set while another replica answers there. */
  isWaiting: boolean;
}

/** The turns of this process: which run, which wait, and which are being called off. */
export interface ActiveTurns {
  readonly queue: TurnQueue;
  readonly brake: BurstBrake;
  /** Keeps the order in which the questions of a conversation came, however long their checks take. */
  readonly inOrder: Serial;
  /** By line: a conversation, or the id of a question whose answer is given beside its history. */
  readonly running: Map<string, Running>;
  /** What this process is at: an open question of its own that is not among them was lost to a store that failed. */
  readonly inHand: Set<Question>;
  /** Questions that are being stored, by id. */
  readonly claiming: Map<string, Promise<unknown>>;
  /** Conversations whose whole line is called off. */
  readonly emptied: Set<string>;
  readonly remoteStop: RemoteStop;
  /** Set at the end of a shutdown: what begins now ends at once. */
  isInterrupting: boolean;
}

export interface LifeDeps extends ChatDeps {
  readonly turns: ActiveTurns;
}

/*
 * The life of a question, in the order of its steps:
 *
 *   takeMention      1  claimQuestion   stored once over all replicas (a repeated event ends here); content, access
 *                    2  lineUp          its place in the conversation's line, behind questions of an ended process and
 *                                       those that were missed; counts it against the limits
 *   answerInTurn     3  withLease       no other replica answers in the conversation
 *                                       and the question counts against the limits of all replicas
 *                    4  showFirstMark   ⏳ while it waits for another replica, 👀 when it begins
 *                    5  runTurn         session and pin → chooseRoute → prepareRequest → askModel → finishTurn (shown,
 *                                       saved)
 *                    6  showMark        how it ended
 *                    7  close           the stored question goes, and the lease with it, in one step
 *
 * A crash between any two of them leaves a stored question, which `recover/` of another process or of the next start
 * finds and ends, or asks again where no answer had begun.
 */

/** How a question is taken. */
export interface TakeTerms extends QuestionTerms {
  /** Gives a question its place in line when earlier ones have theirs. Default: at once. */
  readonly after?: PlaceAfter | undefined;
  /** When it came (epoch ms): its place is before what came later. Default: now. */
  readonly at?: number | undefined;
  /** Nobody takes it again where it could not be stored, and its asker is told so. Default: false. */
  readonly isFinal?: boolean | undefined;
}
export type PlaceAfter = <T>(place: () => Promise<T>) => Promise<T>;

/**
 * Steps 1 and 2. Resolves once the question is stored; its place in line comes on its own time.
 * @throws {StoreError} when it could not be stored
 */
export async function takeMention(
  deps: LifeDeps,
  platform: ChatPlatform,
  mention: Mention,
  terms: TakeTerms = {},
): Promise<void> {
  const { after = (place) => place(), at = deps.clock.now(), from } = terms;
  const question: Question = { ...questionOf(mention, at), ...(from !== undefined && { isAdopted: true }) };
  const { inHand, claiming } = deps.turns;
  const sameEvent = claiming.get(question.id);
  if (sameEvent !== undefined) return void (await sameEvent);
  inHand.add(question);
  const stored = deps.turns.brake.take(() => claimQuestion(deps, mention, question, terms));
  claiming.set(question.id, stored);
  const fault = stored.catch(() => "repeated" as const); // thrown below
  let mayLineUp = false;
  const placed = after(() => {
    mayLineUp = true;
    return deps.turns.inOrder(conversationOf(mention.message), async () => {
      const verdict = await fault;
      return verdict === "repeated" ? verdict : lineUp(deps, platform, question, verdict.fault);
    });
  });
  placed
    .then((place) => showPlace(deps, platform, question, place))
    .catch((error) => deps.log.error({ error, id: question.id }, "a refused question was not closed"));
  const verdict = await stored
    .finally(() => claiming.delete(question.id))
    .catch((error) => {
      const isOver = terms.isFinal ? withdrawQuestion(deps, question) : Promise.resolve();
      void isOver.then(() => inHand.delete(question));
      throw error;
    });
  if (verdict === "repeated") inHand.delete(question);
  if (verdict !== "repeated" && verdict.fault === undefined && !mayLineUp)
    void showFirstMark(deps, platform, question, "waiting");
}

type Taken = Place | "repeated" | { readonly fault: Said };

/** Shows that a question waits, or why it is refused. @throws {StoreError} when a refused one was not closed */
async function showPlace(deps: LifeDeps, platform: ChatPlatform, question: Question, taken: Taken): Promise<void> {
  const { id, mention, message } = question;
  if (taken === "waiting") await showFirstMark(deps, platform, question, "waiting");
  if (typeof taken === "string") return;
  const isDirect = mention?.isDirect === true;
  const offersThread = taken.fault === FULL_LINE && !isDirect && canOpenThread(deps, message);
  await refuse(deps, platform, {
    ...{ id, message },
    why: taken.fault,
    to: isDirect ? undefined : mention?.author,
    ...(offersThread && { controls: [threadControl()] }),
  });
  await untilStored(() => deps.sessions.close(id), deps);
  deps.turns.inHand.delete(question);
}

function lineUp(deps: LifeDeps, platform: ChatPlatform, question: Question, known: string | undefined) {
  const isFull = !isMissed(question) && deps.turns.queue.placeFor(conversationOf(question.message)) === "full";
  const fault = known ?? (isFull ? FULL_LINE : limitFault(deps, question.message, question.asker));
  return fault === undefined ? enqueue(deps, platform, question) : { fault };
}

/** The line of a question: answers beside the history wait for nothing, and nothing waits for them. */
export const lineOf = ({ id, message, compared }: Question): string =>
  compared === undefined ? conversationOf(message) : id;

export const enqueue = (
  deps: LifeDeps,
  platform: ChatPlatform,
  question: Question,
  isByTime = question.isAdopted ?? false,
  isCounted = isByTime,
): Place => {
  deps.turns.inHand.add(question);
  return deps.turns.queue.add(
    conversationOf(question.message),
    () => inLanguageOf(deps.settings, question.message, () => answerInTurn(deps, platform, question, isCounted)),
    {
      isMissed: isMissed(question) || isByTime,
      place: placeInLine(question),
      isByTime,
    },
  );
};

/** The question came before the others in line, so it is not refused because of them. */
const isMissed = ({ mention }: Question): boolean => mention?.writtenAt !== undefined;

/** Steps 3 to 7, at the head of the conversation's line. `isCounted`: it was there before. Never rejects. */
async function answerInTurn(
  deps: LifeDeps,
  platform: ChatPlatform,
  question: Question,
  isCounted: boolean,
): Promise<void> {
  const { message } = question;
  const conversation = conversationOf(message);
  const isOver = new AbortController();
  const turn = begin(deps, question, isOver.signal);
  const { signal } = turn.controller;
  let isShown: Promise<unknown> = Promise.resolve();
  const showFirst = (mark: "working" | "waiting") => {
    turn.isWaiting = mark === "waiting";
    isShown = isShown.then(() => showFirstMark(deps, platform, question, mark));
  };
  let counting: Promise<string | undefined> | undefined;
  try {
    await deps.turns.brake.calm();
    let reading: Promise<PinnedSession> | undefined;
    const onAsk = () => {
      if (!isCounted) counting = sharedLimitFault(deps, message, question.asker);
      reading = pinnedSession(deps, message);
      reading.catch(() => {}); // thrown where it is waited for
    };
    const onWait = () => {
      reading = undefined;
      showFirst("waiting");
    };
    const place = {
      isNext: async () => (await isNext(deps, question)) && !isBehindTaken(deps, question),
      mustGiveWay: () => hasEarlier(deps, question),
    };
    await withLease(deps, conversation, { signal, onAsk, onWait, ...place }, async (lease) => {
      turn.isWaiting = false;
      if (await isTakenOver(deps, question)) return;
      const fault = await counting;
      if (fault !== undefined) {
        await isShown;
        return await refuseCounted(deps, platform, question, fault);
      }
      if (!signal.aborted) showFirst("working");
      const pinned = await (reading ?? pinnedSession(deps, message));
      const asked = withReplaced(question, pinned);
      const ending = await runTurn(deps, { platform, question: asked, signal, onWait: showFirst }, pinned);
      await isShown; // so that it never comes after the end mark
      await closeQuestion(deps, platform, question, ending, lease);
    });
  } catch (error) {
    // A question that finds no room is counted again when its turn comes, and refused then.
    if (error instanceof GaveWay) return void enqueue(deps, platform, question, true, (await counting) === undefined);
    return await giveUp(deps, platform, question, error);
  } finally {
    isOver.abort(OVER);
    deps.turns.running.delete(conversation);
  }
  deps.turns.inHand.delete(question);
}

const hasEarlier = ({ turns }: LifeDeps, question: Question): boolean =>
  turns.queue.hasEarlier(conversationOf(question.message), placeInLine(question));

/** Whether an earlier question was taken over here, which may have no place in line yet. */
function isBehindTaken({ turns }: LifeDeps, question: Question): boolean {
  const [conversation, place] = [conversationOf(question.message), placeInLine(question)];
  return [...turns.inHand].some(
    (other) => other.isAdopted && conversationOf(other.message) === conversation && isBefore(placeInLine(other), place),
  );
}

/** Refuses a question that the other replicas have left no room for. @throws {StoreError} */
async function refuseCounted(
  deps: LifeDeps,
  platform: ChatPlatform,
  { id, mention, message, asker }: Question,
  fault: string,
): Promise<void> {
  await refuse(deps, platform, { id, message, why: fault, to: mention?.isDirect ? undefined : asker });
  await untilStored(() => deps.sessions.close(id), deps);
}

/** From here on it can be stopped, here and by other replicas. */
export function begin({ turns }: LifeDeps, question: Question, over: AbortSignal): Running {
  const turn: Running = { question, controller: new AbortController(), isWaiting: false };
  const stop = () => turn.controller.abort(new TurnCalledOff("stopped"));
  turns.running.set(lineOf(question), turn);
  if (turns.isInterrupting) turn.controller.abort(new TurnCalledOff("interrupted"));
  turns.remoteStop.watch(question.id, stop, over);
  if (turns.emptied.has(conversationOf(question.message))) stop();
  return turn;
}

/** A question that is asked again still bears its end mark, perhaps from an earlier process, which has to go first. */
export async function showFirstMark(
  deps: LifeDeps,
  platform: ChatPlatform,
  { message, retry, isAdopted }: Question,
  mark: "working" | "waiting",
): Promise<void> {
  if (isAdopted) return; // it bears one of the ended process, which the end mark takes the place of
  if (retry !== undefined) await showMark(deps, platform, message, undefined);
  await showMark(deps, platform, message, mark);
}

/** Tells the asker about a turn that could not be finished; where that fails too, the next start does. */
async function giveUp(deps: LifeDeps, platform: ChatPlatform, question: Question, error: unknown) {
  const { id, message } = question;
  const reference = deps.newReference();
  deps.log.error({ error, id, reference }, "a turn could not be finished");
  const why = failureText(error, reference, deps.setups);
  const isMarked = await refuse(deps, platform, { id, message, why, isPatient: true });
  if (!isMarked) return;
  // The next question of the conversation does not wait for that.
  void untilStored(() => deps.sessions.close(id), deps)
    .then(() => deps.turns.inHand.delete(question))
    .catch((late) => deps.log.error({ error: late, id }, "could not close the question; retrying at next startup"));
}
