import type { Invocation } from "../../../commands/command.js";
import type { RetryOutcome } from "../../../commands/command-deps.js";
import { phrase, type Said, t } from "../../../languages/translate.js";
import type { ModelRef } from "../../../refresh/choose/model-ref.js";
import { ERASED } from "../../../store/audit.js";
import type { NumberedTurn } from "../../../store/sessions/session-types.js";
import { channelKeyOf } from "../../port/conversation.js";
import type { PlatformParts } from "../../port/platform-definition.js";
import type { Question } from "../../prompt/question.js";
import type { LifeDeps } from "../turn.js";

export interface TurnControlDeps extends LifeDeps {
  /** Whether the bot stops. */
  isClosed(): boolean;
}

export const surfaceOf = ({ surfaces }: Pick<LifeDeps, "surfaces">, name: string): PlatformParts | undefined =>
  surfaces.find(({ platform }) => platform.name === name);

export const RESTARTING = phrase`The bot is restarting. Please try again in a moment.`;

export const refused = (why: Said): Extract<RetryOutcome, { readonly kind: "refused" }> => ({
  kind: "refused",
  why: t(why),
});

/** The last turn since the last fresh start, unless its asker has had it erased. @throws {StoreError} */
export async function lastQuestion(
  { sessions }: Pick<LifeDeps, "sessions">,
  conversation: string,
): Promise<NumberedTurn | undefined> {
  const last = await sessions.lastTurn(conversation);
  const { author, authorId } = last?.turn.question ?? {};
  return authorId === undefined && author === ERASED ? undefined : last;
}

export function questionAgain(
  { number, turn }: NumberedTurn,
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
