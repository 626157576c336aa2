import type { Invocation } from "../../commands/command.js";
import type { RetryOutcome, TurnControl } from "../../commands/command-deps.js";
import type { ModelRef } from "../../refresh/choose/default-model.js";
import type { Turn } from "../../store/sessions/sessions.js";
import { accessFault, FULL_LINE, limitFault } from "../access/intake.js";
import { channelKeyOf } from "../port/conversation.js";
import type { ChatPlatform } from "../port/platform.js";
import { openQuestionOf, type Question } from "../prompt/question.js";
import type { ChatDeps } from "./chat-deps.js";
import type { Place } from "./turn-queue.js";

export interface RetryDeps extends ChatDeps {
  isClosed(): boolean;
  placeFor(conversation: string): Place;
  /** Puts it in its conversation's line. */
  add(platform: ChatPlatform, question: Question): Promise<Place>;
}

/** Asks the last question once more. Its answer takes the place of the one before in what is sent from then on. */
export function createRetry(deps: RetryDeps): TurnControl["retry"] {
  const { sessions, clock } = deps;
  return async (invocation, model) => {
    const { conversation, user, isOperator, on } = invocation;
    const platform = deps.platforms().find(({ name }) => name === invocation.platform);
    if (platform === undefined || deps.isClosed())
      return refused("The bot is restarting. Please try again in a moment.");
    const last = await sessions.lastTurn(conversation);
    if (last === undefined) return { kind: "nothing-asked" };
    const { authorId } = last.turn.question;
    if (authorId !== user.id && !isOperator) return { kind: "not-yours" };
    if (on !== undefined && last.turn.shownIn !== undefined && on !== last.turn.shownIn) return { kind: "not-last" };
    const question = questionAgain(last, invocation, { at: clock.now(), model });
    if (await sessions.isOpen(question.id)) return { kind: "already" };
    const place = channelKeyOf(conversation);
    const refusal = await accessFault(deps, place, { ...invocation, author: user });
    const isFull = deps.placeFor(conversation) === "full";
    const fault = refusal ?? (isFull ? FULL_LINE : limitFault(deps, place, user));
    if (fault !== undefined) return refused(fault);

    if (!(await sessions.open(question.id, openQuestionOf(question, deps.owner)))) return { kind: "already" };
    const taken = await deps.add(platform, question);
    if (taken !== "full") return { kind: taken === "waiting" ? "waiting" : "started" };
    await sessions.close(question.id);
    return refused(FULL_LINE);
  };
}

const refused = (why: string): RetryOutcome => ({ kind: "refused", why });

function questionAgain(
  { number, turn }: { readonly number: number; readonly turn: Turn },
  { conversation, user }: Invocation,
  { at, model }: { readonly at: number; readonly model: ModelRef | undefined },
): Question {
  const { message, author, authorId = user.id, text, sent } = turn.question;
  return {
    // One for each answer that is to be replaced: whoever presses twice is answered once.
    id: `${conversation}:${message}:again:${turn.endedAt}`,
    message: { ...channelKeyOf(conversation), message },
    asker: { id: authorId, name: author },
    text,
    at,
    retry: { turn: number, ...(sent !== undefined && { sent }), ...(model !== undefined && { model }) },
  };
}
