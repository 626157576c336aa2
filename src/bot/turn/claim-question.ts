import { chatRefusal } from "../access/access.js";
import { workspaceOf } from "../port/conversation.js";
import type { Mention } from "../port/platform.js";
import { openQuestionOf, type Question, questionFault } from "../prompt/question.js";
import type { ChatDeps } from "./turn-deps.js";

/**
 * Stores a question, once over all replicas: of a mention that is delivered twice the second gets nothing, not even a
 * second refusal. Resolves with "repeated" for that one, and else with why the question is refused, if it is.
 * `refusal`: a reason that is known already. @throws {StoreError} when it could not be stored
 */
export async function claimQuestion(
  deps: ChatDeps,
  mention: Mention,
  question: Question,
  refusal: string | undefined,
): Promise<"repeated" | { readonly fault: string | undefined }> {
  if (!(await deps.sessions.open(question.id, openQuestionOf(question, deps.owner)))) return "repeated";
  return {
    fault:
      refusal ??
      questionFault(mention) ??
      (await chatRefusal(deps.settings.of(workspaceOf(mention.message)), mention.message, mention)),
  };
}
