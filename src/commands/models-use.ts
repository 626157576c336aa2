import { t } from "../languages/translate.js";
import { modelName } from "../refresh/choose/model-ref.js";
import type { Session } from "../store/sessions/sessions.js";
import { chooseModel, modelOption, suggestModelChoices, withPin } from "./choose-model.js";
import { defineCommand } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { pinAudited } from "./pin-audited.js";
import { switchingAccess } from "./settings-switching.js";
import { escapeInline } from "./wording/markdown.js";

export const modelsUse = (deps: CommandDeps) =>
  defineCommand({
    path: "models use",
    about: "Choose the model of this conversation; the history is kept",
    access: "anyone",
    accessFor: switchingAccess(deps),
    isForChatters: true,
    visibility: "ephemeral",
    options: { model: { ...modelOption, isRequired: true } },
    async *run({ model: typed }, invocation) {
      const { conversation, user, workspace } = invocation;
      const chosen = chooseModel(deps, typed, "/models use", workspace);
      if (chosen.kind === "asked-back") return yield chosen.reply;
      const by = { at: deps.clock.now(), by: user.name };
      const pinned = (before: Session) => withPin(before, chosen.model, by);
      await deps.sessions.change(conversation, pinned, pinAudited(deps, invocation));
      deps.refresher.nudge("switch", [chosen.model.provider]);
      const name = escapeInline(modelName(chosen.model), 250);
      yield {
        markdown: t`📌 This conversation now uses **${name}**. The history is kept.${chosen.note}`,
        controls: [{ label: t`Start fresh`, command: "/chat new" }],
      };
    },
    suggest: (_option, typed, invocation) => suggestModelChoices(deps, typed, invocation),
  });
