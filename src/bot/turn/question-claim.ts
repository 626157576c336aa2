import { notLongerThan } from "../../base/deadline.js";
import type { Ending } from "../../store/sessions/sessions.js";
import type { Write } from "../../store/store.js";
import { chatRefusal } from "../access/access.js";
import { showMark } from "../delivery/show-mark.js";
import { workspaceOf } from "../port/conversation.js";
import type { ChatPlatform, Mention } from "../port/platform.js";
import { openQuestionOf, type Question, questionFault } from "../prompt/question.js";
import { ENDING_MARKS } from "./endings.js";
import { ASKER_PAUSES_MS, untilStored } from "./finish-turn.js";
import type { Lease } from "./line/conversation-line.js";
import type { ChatDeps } from "./turn-deps.js";

export interface QuestionTerms {
  /** Why it is refused, where that is known already. */
  readonly refusal?: string | undefined;
  /** The process that has stored it already, and from which it is taken over. */
  readonly from?: string | undefined;
}

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
  let isAgain = false;
  const attempt = () => {
    const terms = { from, isAgain, also: mention.alongside };
    isAgain = true;
    return claim(deps, question, terms);
  };
  // Where the message is stored with it, its asker still has the text, and is told at once.
  const isClaimed = await untilStored(attempt, deps, mention.alongside === undefined ? ASKER_PAUSES_MS : []);
  if (!isClaimed) return "repeated";
  return {
    fault:
      refusal ??
      questionFault(mention) ??
      (await chatRefusal(deps.settings.of(workspaceOf(mention.message)), mention.message, mention)),
  };
}

interface ClaimTerms extends Pick<QuestionTerms, "from"> {
  readonly isAgain: boolean;
  readonly also?: readonly Write[] | undefined;
}

/**
 * One attempt. An earlier one that failed may have been stored anyway, which is known by its time: the same
 * message can be delivered to this process twice. @throws {StoreError}
 */
async function claim(
  { sessions, owner }: Pick<ChatDeps, "sessions" | "owner">,
  question: Question,
  { from, isAgain, also }: ClaimTerms,
): Promise<boolean> {
  const isClaimed =
    from === undefined
      ? await sessions.open(question.id, openQuestionOf(question, owner), also)
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

/** A service that limits marks to some fifty a minute shows them late: the next question does not wait for that. */
export const MARK_PATIENCE_MS = 2_000;

/**
 * Steps 6 and 7. Resolves when the next question of the conversation may begin. Where the mark could not be shown, the
 * stored question stays for the next start, which repeats only the mark. @throws {StoreError}
 */
export async function closeQuestion(
  deps: ChatDeps,
  platform: ChatPlatform,
  { id, message }: Question,
  ending: Ending,
  lease: Lease,
): Promise<void> {
  const { sessions, log } = deps;
  const close = async () => {
    if (await showMark(deps, platform, message, ENDING_MARKS[ending]))
      await untilStored(() => sessions.close(id, lease.endWith), deps);
  };
  await notLongerThan(MARK_PATIENCE_MS, close, deps, (error) =>
    log.error({ error, id }, "could not close the question; retrying at next startup"),
  );
}
