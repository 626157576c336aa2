import { t } from "../languages/translate.js";
import { withoutDetour } from "../quota/fallback/route.js";
import { modelName } from "../refresh/choose/model-ref.js";
import { defineCommand } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { pinAudited } from "./pin-audited.js";
import { defaultSentence } from "./pin-text.js";
import { switchingAccess } from "./settings-switching.js";
import { escapeInline } from "./wording/markdown.js";

export const modelsUnpin = (deps: CommandDeps) =>
  defineCommand({
    path: "models unpin",
    about: "Go back to the default model with the next message; the history is kept",
    access: "anyone",
    accessFor: switchingAccess(deps),
    isForChatters: true,
    visibility: "ephemeral",
    options: {},
    async *run(_args, invocation) {
      const { conversation, workspace } = invocation;
      const { pin } = await deps.sessions.get(conversation);
      if (pin === null) {
        yield { markdown: t`No model is pinned here. ${defaultSentence(deps, workspace)}` };
        return;
      }
      await deps.sessions.change(
        conversation,
        (before) => ({ ...withoutDetour(before), pin: null, pinNews: "default" as const }),
        pinAudited(deps, invocation),
      );
      const name = escapeInline(modelName(pin), 250);
      yield {
        markdown: t`This channel is no longer pinned to **${name}**; the history is kept.
          ${defaultSentence(deps, workspace)}`,
      };
    },
  });
