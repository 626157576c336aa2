import { defineCommand } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { modelName } from "./model-in-force.js";
import { switchingAccess } from "./switching-access.js";
import { defaultSentence } from "./wording/default-sentence.js";
import { plain } from "./wording/wording.js";

export const modelsUnpin = (deps: CommandDeps) =>
  defineCommand({
    path: "models unpin",
    about: "Let the next message take the default model; what was said stays",
    access: "anyone",
    accessFor: switchingAccess(deps),
    isForChatters: true,
    visibility: "ephemeral",
    options: {},
    async *run(_args, { conversation, workspace }) {
      const { pin } = await deps.sessions.get(conversation);
      if (pin === null) {
        yield { markdown: `No model is pinned here. ${defaultSentence(deps, workspace)}` };
        return;
      }
      await deps.sessions.change(conversation, (before) => ({ ...before, pin: null, pinNews: "default" as const }));
      const name = plain(modelName(pin), 250);
      yield {
        markdown: `This channel is no longer pinned to **${name}**; what was said stays. ${defaultSentence(deps, workspace)}`,
      };
    },
  });
