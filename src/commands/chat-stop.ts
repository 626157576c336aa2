import { type Phrase, phrase, t } from "../languages/translate.js";
import { defineCommand, type Invocation, type Reply } from "./command.js";
import type { CommandDeps, TurnControl } from "./command-deps.js";
import { busyThreads, threadControls } from "./threads.js";

const REPLIES: Readonly<Record<Awaited<ReturnType<TurnControl["stop"]>>, Phrase | string>> = {
  stopped: "⏹️ Stopped. The partial answer is kept.",
  "nothing-runs": phrase`No answer is being written here.`,
  "not-yours": phrase`🔒 Only the person who asked, or an operator, may stop this answer.`,
};

export const chatStop = (deps: CommandDeps) =>
  defineCommand({
    path: "chat stop",
    about: "Stop the answer that is being written, and keep what there is",
    access: "anyone",
    isForChatters: true,
    visibility: "ephemeral",
    options: { answer: { kind: "word", about: "only this one of the compared answers; set by its button" } },
    async *run({ answer }, invocation) {
      if (invocation.isAboveThreads) return yield await stopBelow(deps, invocation);
      const { conversation, user, isOperator } = invocation;
      const outcome = await deps.turns.stop(conversation, { id: user.id, isOperator }, answer);
      yield { markdown: t(REPLIES[outcome]), ...(outcome === "not-yours" && { isFailure: true }) };
    },
  });

/** Stops the asker's own newest answer in a thread of the channel; offers an operator those of others. */
async function stopBelow(deps: CommandDeps, invocation: Invocation): Promise<Reply> {
  const { user, isOperator } = invocation;
  const busy = await busyThreads(deps, invocation);
  const [own, ...others] = busy.filter(({ authorId }) => authorId === user.id);
  if (own !== undefined) {
    const outcome = await deps.turns.stop(own.conversation, { id: user.id, isOperator });
    return { markdown: t(REPLIES[outcome]), controls: threadControls(others, t`Stop `, "/chat stop") };
  }
  if (busy.length === 0) return { markdown: t`No answer is being written in this channel or its threads.` };
  if (!isOperator) return { markdown: t`None of the answers that are being written in this channel is yours.` };
  const controls = threadControls(busy, t`Stop `, "/chat stop");
  return { markdown: t`None of the answers that are being written here is yours. Choose one to stop:`, controls };
}
