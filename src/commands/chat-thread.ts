import { t } from "../languages/translate.js";
import { defineCommand } from "./command.js";
import type { CommandDeps } from "./command-deps.js";

export const chatThread = ({ turns }: CommandDeps) =>
  defineCommand({
    path: "chat thread",
    about: "Continue in a new thread, which knows the last answer and keeps the model",
    access: "anyone",
    isForChatters: true,
    visibility: "ephemeral",
    options: {},
    async *run(_args, invocation) {
      yield { markdown: t`🧵 Continued in ${await turns.openThread(invocation)}. Mention me there.` };
    },
  });
