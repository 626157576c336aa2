import { plural, t } from "../languages/translate.js";
import { defineCommand } from "./command.js";
import type { CommandDeps } from "./command-deps.js";

export const chatForget = ({ turns, audit }: CommandDeps) =>
  defineCommand({
    path: "chat forget",
    about: "Erase this conversation from the bot's store for good: what was said, its model and settings",
    access: "operator",
    // In a direct message it is the person's own.
    accessFor: ({ isDirect }) => (isDirect ? "anyone" : "operator"),
    isForChatters: true,
    visibility: "ephemeral",
    options: {},
    async *run(_args, invocation) {
      const count = await turns.forget(
        invocation.conversation,
        audit.writesOf(invocation, "data", { what: "conversation", after: "forgotten" }),
      );
      yield {
        markdown: t`🗑️ This conversation is erased from my store: ${plural(count, "question")} with the answers,
          its model and its settings. Messages on Discord and Slack stay until somebody deletes them there. Token
          counts stay for billing, without any text.`,
      };
    },
  });
