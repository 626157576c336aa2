import { retry } from "../../base/retry.js";
import { isPassingStoreError } from "../../store/store-error.js";
import { chatRefusal } from "../access/access.js";
import { workspaceOf } from "../port/conversation.js";
import type { Mention } from "../port/platform.js";
import { openQuestionOf, type Question, questionFault } from "../prompt/question.js";
import { untilStored } from "./finish-turn.js";
import type { ChatDeps } from "./turn-deps.js";

export interface QuestionTerms {
  /** Why it is refused, where that is known already. */
  readonly refusal?: string | undefined;
  /** The process that has stored it already, and from which it is taken over. */
  readonly from?: string | undefined;
}

/** Pauses between the attempts, in ms: a line to the store that was cut is up again within seconds. */
const CLAIM_PAUSES_MS = [250, 500, 1_000, 2_000, 4_000];

/**
 * Stores a question, once over all replicas: of a mention that is delivered twice the second gets nothing, not even a
 * second refusal. Resolves with "repeated" for that one, and else with why the question is refused, if it is.
 * @throws {StoreError} when the store has failed for 8 s and more
 */
export async function claimQuestion(
  deps: ChatDeps,
  mention: Mention,
  question: Question,
  { refusal, from }: QuestionTerms,
): Promise<"repeated" | { readonly fault: string | undefined }> {
  const { clock, log } = deps;
  const isClaimed = await retry((failures) => claim(deps, question, { from, isAgain: failures > 0 }), {
    clock,
    delays: CLAIM_PAUSES_MS,
    shouldRetry: isPassingStoreError,
    onRetry: (error, pauseMs) => log.warn({ error, pauseMs }, "question was not stored, retrying"),
  });
  if (!isClaimed) return "repeated";
  return {
    fault:
      refusal ??
      questionFault(mention) ??
      (await chatRefusal(deps.settings.of(workspaceOf(mention.message)), mention.message, mention)),
  };
}

/**
 * One attempt. An earlier one that failed may have been stored anyway, which is known by its time: the same
 * message can be delivered to this process twice. @throws {StoreError}
 */
async function claim(
  { sessions, owner }: Pick<ChatDeps, "sessions" | "owner">,
  question: Question,
  { from, isAgain }: { readonly from?: string | undefined; readonly isAgain: boolean },
): Promise<boolean> {
  const isClaimed =
    from === undefined
      ? await sessions.open(question.id, openQuestionOf(question, owner))
      : await sessions.adopt(question.id, from, owner);
  if (isClaimed || !isAgain) return isClaimed;
  const stored = await sessions.openQuestion(question.id);
  return stored?.owner === owner && (from !== undefined || stored.at === question.at);
}

/**
 * Makes sure that a question is never answered whose asker was told so: an attempt to store it may have been done
 * although it failed, and its message may be delivered again. Never rejects.
 */
export async function withdrawQuestion(deps: ChatDeps, question: Question): Promise<void> {
  const { id } = question;
  try {
    if (await untilStored(() => claim(deps, question, { isAgain: true }), deps))
      await untilStored(() => deps.sessions.close(id), deps);
  } catch (error) {
    deps.log.error({ error, id }, "question that was refused may be answered later");
  }
}
