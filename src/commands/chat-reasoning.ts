import { defineCommand } from "./command.js";
import type { CommandDeps } from "./command-deps.js";

export const chatReasoning = ({ sessions, audit }: CommandDeps) =>
  defineCommand({
    path: "chat reasoning",
    about: "Show above each answer what the model thinks, where it tells; alone it says whether it is shown",
    access: "anyone",
    isForChatters: true,
    visibility: "ephemeral",
    options: { shown: { kind: "flag", about: "on or off" } },
    async *run({ shown }, invocation) {
      const { conversation } = invocation;
      if (shown === undefined) {
        const { showsReasoning = false } = await sessions.get(conversation);
        yield { markdown: `Reasoning is ${showsReasoning ? "shown" : "not shown"} in this conversation.` };
        return;
      }
      await sessions.change(
        conversation,
        (before) => ({ ...before, showsReasoning: shown }),
        ({ showsReasoning = false }) =>
          showsReasoning === shown
            ? []
            : audit.writesOf(invocation, "settings", {
                what: "reasoning",
                before: showsReasoning ? "on" : "off",
                after: shown ? "on" : "off",
              }),
      );
      yield {
        markdown: shown
          ? "💭 From the next answer on, what the model thinks is quoted above its answer, where it tells."
          : "From the next answer on, only the answers are shown.",
      };
    },
  });
