import { t } from "../languages/translate.js";
import { defineCommand } from "./command.js";
import type { CommandDeps } from "./command-deps.js";

export const chatReasoning = ({ sessions, audit }: CommandDeps) =>
  defineCommand({
    path: "chat reasoning",
    about: "Show the model's reasoning above each answer, if it sends any; without a value, shows the setting",
    access: "anyone",
    isForChatters: true,
    visibility: "ephemeral",
    options: { shown: { kind: "flag", about: "on or off" } },
    async *run({ shown }, invocation) {
      const { conversation } = invocation;
      if (shown === undefined) {
        const { showsReasoning = false } = await sessions.get(conversation);
        yield { markdown: t`Reasoning is ${showsReasoning ? t`shown` : t`not shown`} in this conversation.` };
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
          ? t`💭 From the next answer on, the model's reasoning is quoted above its answer, if it sends any.`
          : t`From the next answer on, only the answers are shown.`,
      };
    },
  });
