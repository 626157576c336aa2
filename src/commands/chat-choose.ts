import { t } from "../languages/translate.js";
import { modelName } from "../refresh/choose/model-ref.js";
import { modelOption } from "./choose-model.js";
import { defineCommand } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { pinAudited } from "./pin-audited.js";
import { switchingAccess } from "./settings-switching.js";
import { targetThread } from "./threads.js";
import { escapeInline } from "./wording/markdown.js";

export const chatChoose = (deps: CommandDeps) =>
  defineCommand({
    path: "chat choose",
    about: "Continue with a compared answer: its model is used here, and the conversation remembers that answer",
    access: "anyone",
    accessFor: switchingAccess(deps),
    isForChatters: true,
    visibility: "ephemeral",
    options: {
      answer: {
        kind: "word",
        isRequired: true,
        about: "the model that gave it, as provider/model",
        maxChars: modelOption.maxChars,
      },
    },
    async *run({ answer }, invocation) {
      const target = (await targetThread(deps, invocation)) ?? invocation;
      const { model, isNew, isLeftBehind } = await deps.turns.choose(target, answer, pinAudited(deps, target));
      const name = `**${escapeInline(modelName(model), 250)}**`;
      if (!isNew)
        return yield { markdown: t`📌 ${name} and its answer are already what this conversation continues with.` };
      const history = isLeftBehind
        ? t`Its answer is from before the fresh start, so it is not sent.`
        : t`The conversation continues from its answer.`;
      yield { markdown: t`📌 This conversation now uses ${name}. ${history}` };
    },
  });
