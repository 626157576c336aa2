import { type Clock, OVER } from "../../../base/clock.js";
import { notLongerThan, withDeadline } from "../../../base/deadline.js";
import type { Log } from "../../../base/log.js";
import { startRounds } from "../../../base/rounds.js";
import { factsOf } from "../../../refresh/choose/model-ref.js";
import type { Refresher } from "../../../refresh/refresher.js";
import type { Settings } from "../../../refresh/settings.js";
import type { Ending, OpenQuestion, Sessions, Turn } from "../../../store/sessions/sessions.js";
import { DamagedRowError, type Store } from "../../../store/store.js";
import type { Budgets } from "../../../usage/budgets/budgets.js";
import type { Ledger, UsageEntry } from "../../../usage/ledger.js";
import type { FindModelFacts } from "../../../usage/model-facts.js";
import { spenderOf } from "../../access/spending.js";
import { compareMessageIds, inLanguageOf, messageKeySchema } from "../../port/conversation.js";
import type { MessageKey } from "../../port/platform.js";
import type { PlatformParts } from "../../port/platform-definition.js";
import { isLost, PlatformError } from "../../port/platform-error.js";
import type { Chat } from "../chat.js";
import { ENDING_MARKS } from "../endings.js";
import { usageEntry, usedBy } from "../finish-turn.js";
import { keepClaim } from "../line/conversation-line.js";
import type { Liveness } from "../other-replicas.js";
import { MARK_PATIENCE_MS } from "../question-claim.js";
import type { PlaceAfter } from "../turn.js";
import type { TurnEvent } from "../turn-deps.js";
import { type AskAgainDeps, isAskedAgain } from "./ask-again.js";
import type { Lost } from "./begun-answer.js";
import { showInterrupted } from "./show-interrupted.js";

export interface RecoverDeps extends AskAgainDeps {
  readonly sessions: Sessions;
  readonly settings: Pick<Settings, "languageOf">;
  readonly ledger: Pick<Ledger, "writeOf">;
  readonly modelFacts: FindModelFacts;
  readonly refresher: Pick<Refresher, "snapshot">;
  readonly budgets: Pick<Budgets, "limitsFor" | "settle">;
  readonly surfaces: readonly PlatformParts[];
  readonly chat: Pick<Chat, "owner" | "inLine" | "inHand">;
  readonly store: Pick<Store, "claim" | "commit" | "renew">;
  /** Gives a question its place behind those that were asked before and not found yet. */
  behind<T>(message: MessageKey, take: (after?: PlaceAfter) => Promise<T>): Promise<T>;
  readonly liveness: Pick<Liveness, "isGone">;
  readonly clock: Clock;
  readonly log: Log;
  /** Called with a turn that was ended here; its duration is not known. */
  onTurn(event: TurnEvent): void;
}

/** A command stores a question before it is in hand. */
const FORGOTTEN_MS = 30_000;

/**
 * Ends every question that an ended process left unfinished, each before what is asked later in its conversation, or
 * asks it again where no answer had begun; so it does with those that this process does not know of, because the answer
 * of the store was lost. What fails is left for the next round. Resolves with how many it ended.
 * @throws {StoreError}
 */
export async function recover(deps: RecoverDeps): Promise<number> {
  const { isOver } = await placeLost(deps);
  return isOver;
}

/** Resolves once every conversation with such questions keeps a place for them; later ones come behind. */
async function placeLost(deps: RecoverDeps): Promise<{ readonly isOver: Promise<number> }> {
  const { sessions, surfaces, liveness, chat, clock, log } = deps;
  const lost = new Map<string, Lost[]>();
  // Before the rows are read: one that is closed meanwhile is among both.
  const inHand = chat.inHand();
  const gone = new Map<string, Promise<boolean>>();
  const isGone = (owner: string) => {
    const known = gone.get(owner) ?? liveness.isGone(owner);
    gone.set(owner, known);
    return known;
  };
  const isAnybodyAt = async (id: string, question: OpenQuestion) =>
    question.owner === chat.owner
      ? inHand.has(id) || chat.inHand().has(id) || clock.now() - question.at < FORGOTTEN_MS
      : !(await isGone(question.owner));
  for (const [id, question] of await sessions.openQuestions()) {
    const message = messageKeySchema.safeParse(question.message).data;
    const surface = surfaces.find(({ platform }) => message?.platform === platform.name);
    if (surface === undefined || message === undefined) continue; // its platform is not configured today
    if (await isAnybodyAt(id, question)) continue;
    const others = lost.get(question.conversation) ?? [];
    lost.set(question.conversation, [...others, { id, question, message, surface }]);
  }
  const recoverInLine = (conversation: string, questions: readonly Lost[]) =>
    chat
      .inLine(conversation, () => recoverIn(deps, conversation, questions))
      .catch((error) => {
        log.error({ error, conversation }, "unfinished questions could not be read; the next round tries again");
        return 0;
      });
  const counts = [...lost].flatMap(([conversation, questions]) => {
    // A question that was found late was stored after some that were asked later.
    const inOrder = [...questions].sort((a, b) => compareMessageIds(a.message.message, b.message.message));
    // What lacks its mark only holds nobody up: a service may show few of them a minute.
    const ended = inOrder.filter(({ question }) => question.ended !== null);
    const begun = inOrder.filter(({ question }) => question.ended === null && question.answer !== null);
    const others = inOrder.filter(({ question }) => question.ended === null && question.answer === null);
    return [
      ...ended.map(async (one) => ((await end(deps, one)) ? 1 : 0)),
      ...(begun.length > 0 ? [recoverInLine(conversation, begun)] : []),
      ...others.map((one) =>
        deps.behind(one.message, (after = (place) => place()) => after(() => recoverInLine(conversation, [one]))),
      ),
    ];
  });
  const total = async () => (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  const isOver = total().then((recovered) => {
    if (recovered > 0) log.info({ recovered }, "unfinished answers of an ended process were marked");
    return recovered;
  });
  return { isOver };
}

/** Lease of a recovery in ms: longer than a conversation's lost questions take. */
const CLAIM_MS = 30_000;

/** Ends the lost questions of one conversation, unless another process is at it. @throws {StoreError} */
async function recoverIn(deps: RecoverDeps, conversation: string, lost: readonly Lost[]): Promise<number> {
  const { sessions } = deps;
  const endOne = async (one: Lost) => {
    const question = await sessions.openQuestion(one.id);
    // An earlier round has ended or taken it, or it is another's now.
    if (question?.owner !== one.question.owner || deps.chat.inHand().has(one.id)) return 0;
    const lost = { ...one, question };
    return !(await isAskedAgain(deps, lost)) && (await end(deps, lost)) ? 1 : 0;
  };
  // This process may still be at an earlier question there, whose line waits for room in the platform's limits.
  const recovered = await claimed(deps, conversation, true, async () => {
    let count = 0;
    for (const one of lost) count += (await claimed(deps, `question:${one.id}`, false, () => endOne(one))) ?? 0;
    return count;
  });
  return recovered ?? 0;
}

/** Resolves with undefined where another process is at it, or this one unless it `isReentrant`. */
async function claimed<T>(
  deps: RecoverDeps,
  what: string,
  isReentrant: boolean,
  work: () => Promise<T>,
): Promise<T | undefined> {
  const result = await deps.store.claim(`recover:${what}`, { ttlMs: CLAIM_MS, isReentrant });
  if (!result.held) return undefined;
  const isOver = new AbortController();
  // Where the platform keeps it waiting, the next round comes meanwhile. It is only called off, below.
  if (!isReentrant) keepClaim(deps, result.claim, isOver.signal).catch(() => {});
  try {
    return await work();
  } finally {
    isOver.abort(OVER);
    await deps.store.commit(result.claim, []).catch(() => {}); // it expires by itself
  }
}

/** Resolves with whether the question has its end, and its mark unless that comes late. Never rejects. */
async function end(deps: RecoverDeps, lost: Lost): Promise<boolean> {
  const { sessions } = deps;
  const { id, question, message, surface } = lost;
  const close = async () => {
    await surface.platform.mark(message, ENDING_MARKS[await shownEnding(deps, question)]);
    await sessions.close(id);
  };
  try {
    if (question.ended === null) await interrupt(deps, lost);
    await notLongerThan(MARK_PATIENCE_MS, close, deps, (late) => void closeLost(deps, id, late));
    return true;
  } catch (error) {
    await closeLost(deps, id, error);
    return false;
  }
}

/** The mark says how the answer ended that the conversation keeps. @throws {StoreError} */
async function shownEnding(
  { sessions }: RecoverDeps,
  { conversation, compared, ended }: OpenQuestion,
): Promise<Ending> {
  const own = compared && (await sessions.turnAt(conversation, compared.number));
  return own?.ending ?? ended ?? "interrupted";
}

/** Leaves a question that could not be marked to the next round, unless its channel is gone. Never rejects. */
async function closeLost({ sessions, log }: RecoverDeps, id: string, error: unknown): Promise<void> {
  if (!isLost(error)) {
    // As on a replica that gets no events of that server: another one does.
    const isPassing = error instanceof PlatformError && error.reason === "unavailable";
    return log[isPassing ? "info" : "error"](
      { error, id },
      "an unfinished question could not be marked; the next round tries again",
    );
  }
  log.info({ error, id }, "the channel of an unfinished question is gone");
  await sessions
    .close(id)
    .catch((late) => log.error({ error: late, id }, "could not close the question; the next round tries again"));
}

/** How soon another replica's broken-off answers get their end. */
const ROUND_MS = 5_000;
/** How long a start waits for the first round, which then goes on beside it. */
const FIRST_ROUND_MS = 5_000;

/**
 * Recovers now, and then every 5 s. Resolves once what is asked from now on comes behind the questions of ended
 * processes; `isOver`: the first round is, or has taken 5 s. @throws {StoreError} when the first round cannot read
 */
export async function startRecovery(
  deps: RecoverDeps,
): Promise<{ readonly isOver: Promise<unknown>; readonly stop: () => void }> {
  const { isOver } = await placeLost(deps);
  const { clock, log } = deps;
  const stop = startRounds({
    clock,
    log,
    everyMs: ROUND_MS,
    what: "looking for unfinished answers",
    work: () => recover(deps),
  });
  const first = withDeadline(() => isOver, { what: "the first recovery", timeoutMs: FIRST_ROUND_MS, clock });
  return { isOver: first.catch(() => {}), stop };
}

async function interrupt(deps: RecoverDeps, lost: Lost): Promise<void> {
  const { sessions, clock } = deps;
  const { id, question, surface } = lost;
  const { compared } = question;
  const { kept, answer } = await inLanguageOf(deps.settings, lost.message, () => showInterrupted(deps, lost));
  const session = await sessions.get(question.conversation).catch((error) => {
    // The question has its end; the record's own trouble is told to whoever asks there next.
    if (error instanceof DamagedRowError) return undefined;
    throw error;
  });
  if (session === undefined) return;
  const model = compared ?? question.asked ?? session.pin;
  const own = compared && (await sessions.turnAt(question.conversation, compared.number));
  const turn: Turn = {
    question: own?.question ?? questionOfTurn(lost),
    answer: kept,
    shownIn: answer.message,
    ending: "interrupted",
    provider: model?.provider ?? null,
    model: model?.model ?? null,
    usage: null,
    endedAt: clock.now(),
  };
  const entry = usedEntry(deps, id, question, kept);
  const writes = entry === undefined ? [] : [deps.ledger.writeOf(entry)];
  const by = compared?.by ?? { id: question.authorId ?? question.author, name: question.author };
  const limits = deps.budgets.limitsFor(spenderOf(lost.message, by));
  await deps.budgets.settle(limits, { id, entry, name: by.name }, (settle) => {
    if (compared === undefined) return sessions.end(id, question.conversation, turn, { writes, settle });
    const { thread } = answer;
    const beside = { number: compared.number, ...(thread !== undefined && { thread }) };
    return sessions.endCompared(id, { ...turn, compared: beside }, { writes, settle });
  });
  const { provider, model: name, ending } = turn;
  deps.onTurn({ platform: surface.platform.name, provider, model: name, ending, durationMs: null, firstTextMs: null });
}

const questionOfTurn = ({ question, message }: Lost): Turn["question"] => ({
  message: message.message,
  author: question.author,
  ...(question.authorId !== undefined && { authorId: question.authorId }),
  text: question.text,
  at: question.at,
});

/** What the provider had given until then is used, though nobody will say how much it was. */
function usedEntry(
  deps: RecoverDeps,
  id: string,
  { asked, author, authorId, at, message, compared }: OpenQuestion,
  kept: string,
): UsageEntry | undefined {
  if (asked === undefined) return undefined;
  const { inputTokens, ...model } = asked;
  const used = usedBy({ usage: undefined, inputTokens, output: kept });
  if (used === undefined) return undefined;
  const question = {
    id,
    message: messageKeySchema.parse(message),
    asker: compared?.by ?? { id: authorId ?? author, name: author },
    at,
  };
  return usageEntry({ question, model, used, modelFacts: factsOf(deps, model), ending: "interrupted" });
}
