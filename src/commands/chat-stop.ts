import { defineCommand } from "./command.js";
import type { CommandDeps, TurnControl } from "./command-deps.js";

const REPLIES: Readonly<Record<Awaited<ReturnType<TurnControl["stop"]>>, string>> = {
  stopped: "⏹️ Stopped. The partial answer is kept.",
  "nothing-runs": "No answer is being written here.",
  "not-yours": "🔒 Only the person who asked, or an operator, may stop this answer.",
};

export const chatStop = ({ turns }: CommandDeps) =>
  defineCommand({
    path: "chat stop",
    about: "Stop the answer that is being written, and keep what there is",
    access: "anyone",
    visibility: "ephemeral",
    options: {},
    async *run(_args, { conversation, user, isOperator }) {
      const outcome = await turns.stop(conversation, { id: user.id, isOperator });
      yield { markdown: REPLIES[outcome], ...(outcome === "not-yours" && { isFailure: true }) };
    },
  });
