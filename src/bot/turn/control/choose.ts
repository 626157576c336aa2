import { UserError } from "../../../base/errors.js";
import { saysSomething } from "../../../base/text.js";
import { requireAllowed, withPin } from "../../../commands/choose-model.js";
import type { ChosenAnswer, TurnControl } from "../../../commands/command-deps.js";
import { t } from "../../../languages/translate.js";
import { modelName } from "../../../refresh/choose/model-ref.js";
import { ERASED } from "../../../store/audit.js";
import { comparedId, type Session, type Turn } from "../../../store/sessions/sessions.js";
import { channelKeyOf, channelOf } from "../../port/conversation.js";
import { pinnedSession } from "../pinned-session.js";
import type { LifeDeps } from "../turn.js";
import { showOwnEnd } from "./compare.js";
import { surfaceOf } from "./last-question.js";

/** Whoever names a model means its newest answer; more of them than anybody compares. */
const MAX_RECENT = 50;

/**
 * Pins the model of a compared answer in the conversation of its question, whose history goes on from that answer; a
 * thread that the comparison began becomes the same. A second call changes nothing.
 * @throws {UserError} where there is no such answer, or its model may not be used @throws {StoreError}
 */
export async function choose(
  deps: LifeDeps,
  ...[invocation, answer, also]: Parameters<TurnControl["choose"]>
): Promise<ChosenAnswer> {
  const { sessions, clock } = deps;
  const { conversation: here, user, workspace } = invocation;
  const { conversation, turn } = await findAnswer(deps, here, answer);
  const { provider, model } = turn;
  if (provider === null || model === null || !saysSomething(turn.answer))
    throw new UserError(
      turn.question.author === ERASED
        ? t`That answer was erased. \`/models use\` chooses a model.`
        : t`That model gave no answer that could be kept. \`/models use\` chooses it anyway.`,
    );
  const chosen = { provider, model };
  requireAllowed(deps, workspace, chosen);
  const { pin, firstTurn } = await sessions.get(conversation);
  const number = turn.compared?.number ?? 0;
  const before = await sessions.turnAt(conversation, number);
  const outcome = { model: chosen, isLeftBehind: number < firstTurn };
  if (pin?.provider === provider && pin.model === model && before?.shownIn === turn.shownIn)
    return { ...outcome, isNew: false };
  const pinned = (now: Session) => withPin(now, chosen, { at: clock.now(), by: user.name });
  await sessions.choose(conversation, turn, pinned, also);
  if (conversation !== here) {
    const thread = await pinnedSession(deps, channelKeyOf(here));
    await sessions.choose(here, turn, (now) => pinned(thread.begin(now)));
  }
  deps.refresher.nudge("switch", [provider]);
  const asked = { ...channelKeyOf(conversation), message: turn.question.message };
  const platform = surfaceOf(deps, asked.platform)?.platform;
  if (platform !== undefined && before?.question.message === asked.message && before.ending !== turn.ending)
    await showOwnEnd(deps, platform, asked, number);
  return { ...outcome, isNew: true };
}

/** Finds a compared answer by its id or its model, here or in the channel of this thread. @throws {UserError} */
async function findAnswer(
  { sessions }: LifeDeps,
  here: string,
  answer: string,
): Promise<{ readonly conversation: string; readonly turn: Turn }> {
  for (const conversation of new Set([here, channelOf(channelKeyOf(here))])) {
    const named = await sessions.turnAt(comparedId(conversation, answer), 0);
    if (named !== undefined) return { conversation, turn: named };
    const recent = await sessions.comparedAnswers(conversation, MAX_RECENT);
    const newest = recent.findLast(({ turn: { provider, model } }) => {
      return provider !== null && model !== null && modelName({ provider, model }) === answer;
    });
    if (newest !== undefined) return { conversation, turn: newest.turn };
  }
  throw new UserError(
    t`There is no such answer to choose here: it is still being written, or was erased. \`/chat compare\` asks
      other models, and \`/models use\` chooses one.`,
  );
}
