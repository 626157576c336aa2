import { t } from "../languages/translate.js";
import { modelName } from "../refresh/choose/model-ref.js";
import { defineCommand } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { defaultSentence } from "./pin-text.js";
import { escapeInline } from "./wording/markdown.js";

export const chatNew = (deps: CommandDeps) =>
  defineCommand({
    path: "chat new",
    about: "Start a new conversation: earlier messages are no longer sent; the model stays",
    access: "anyone",
    isForChatters: true,
    visibility: "ephemeral",
    options: {},
    async *run(_args, { conversation, workspace }) {
      const { pin } = await deps.sessions.startOver(conversation);
      const model =
        pin === null ? defaultSentence(deps, workspace) : t`The model stays **${escapeInline(modelName(pin), 250)}**.`;
      yield { markdown: t`🌱 New conversation: earlier messages are no longer sent to the model. ${model}` };
    },
  });
