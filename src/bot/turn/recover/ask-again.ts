import type { Sessions } from "../../../store/sessions/sessions.js";
import { questionIdOf } from "../../port/conversation.js";
import type { ChatPlatform, Mention } from "../../port/platform.js";
import { isLost } from "../../port/platform-error.js";
import { orderOf } from "../../prompt/question.js";
import { begunAnswer, type Lost } from "./begun-answer.js";

export interface AskAgainDeps {
  readonly sessions: Pick<Sessions, "openQuestions" | "recentTurns" | "comparedAnswers">;
  /**
   * Takes a question of the ended process `from` as if it came in now, at the place of the time when it came.
   * @throws {StoreError}
   */
  retake(
    platform: ChatPlatform,
    mention: Mention,
    terms: { readonly from: string; readonly at: number },
  ): Promise<void>;
}

/**
 * Asks a question again that the ended process had not begun to answer; false where it had, or the platform cannot read
 * it again. @throws {PlatformError} where reading it later may help @throws {StoreError}
 */
export async function isAskedAgain(deps: AskAgainDeps, lost: Lost): Promise<boolean> {
  const { id, question, message, surface } = lost;
  const isBegun = question.ended !== null || question.answer !== null || question.asked !== undefined;
  if (isBegun || question.isStopAsked || id !== questionIdOf(message) || surface.reread === undefined) return false;
  if ((await begunAnswer(deps.sessions, lost)) !== undefined) return false;
  const mention = await surface.reread(message).catch((error) => {
    if (isLost(error)) return undefined;
    throw error;
  });
  if (mention === undefined) return false;
  await deps.retake(surface.platform, mention, { from: question.owner, at: orderOf(question) });
  return true;
}
