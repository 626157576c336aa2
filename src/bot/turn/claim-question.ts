import { chatRefusal } from "../access/access.js";
import { workspaceOf } from "../port/conversation.js";
import type { Mention } from "../port/platform.js";
import { openQuestionOf, type Question, questionFault } from "../prompt/question.js";
import type { ChatDeps } from "./turn-deps.js";

export interface QuestionTerms {
  /** Why it is refused, where that is known already. */
  readonly refusal?: string | undefined;
  /** The ended process that has stored it already, and from which it is taken over. */
  readonly from?: string | undefined;
}

/**
 * Stores a question, once over all replicas: of a mention that is delivered twice the second gets nothing, not even a
 * second refusal. Resolves with "repeated" for that one, and else with why the question is refused, if it is.
 * @throws {StoreError} when it could not be stored
 */
export async function claimQuestion(
  deps: ChatDeps,
  mention: Mention,
  question: Question,
  { refusal, from }: QuestionTerms,
): Promise<"repeated" | { readonly fault: string | undefined }> {
  const { sessions, owner } = deps;
  const isOurs =
    from === undefined
      ? await sessions.open(question.id, openQuestionOf(question, owner))
      : await sessions.adopt(question.id, from, owner);
  if (!isOurs) return "repeated";
  return {
    fault:
      refusal ??
      questionFault(mention) ??
      (await chatRefusal(deps.settings.of(workspaceOf(mention.message)), mention.message, mention)),
  };
}
