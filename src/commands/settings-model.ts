import { modelName } from "../refresh/choose/default-model.js";
import type { WorkspaceSettings } from "../refresh/settings.js";
import { chooseModel, modelOption, suggestModelChoices } from "./choose-model.js";
import { DEFAULT, defineCommand } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { defaultWords, splitModel } from "./model-in-force.js";
import { code } from "./wording/markdown.js";

const KEEPS = "Conversations that have a model keep it.";

export const settingsModel = (deps: CommandDeps) =>
  defineCommand({
    path: "settings model",
    about: "Model of new conversations: provider/model; default drops the setting; alone it shows it",
    access: "operator",
    visibility: "ephemeral",
    options: { model: { ...modelOption, about: "provider/model, a part of its name, or default (drops the setting)" } },
    async *run({ model: typed }, { workspace }) {
      if (typed === undefined) {
        yield { markdown: `Model of new conversations: ${defaultWords(deps, workspace)}${unusable(deps, workspace)}` };
        return;
      }
      if (typed.toLowerCase() === DEFAULT) {
        await deps.settings.change(workspace, withoutModel);
        yield {
          markdown:
            `The workspace's own default is dropped. New conversations get ${defaultWords(deps, workspace)}. ` +
            `${KEEPS}`,
        };
        return;
      }
      const chosen = chooseModel(deps, typed, "/settings model", workspace);
      if (chosen.kind === "asked-back") return yield chosen.reply;
      await deps.settings.change(workspace, (before) => ({ ...before, model: modelName(chosen.model) }));
      yield { markdown: `New conversations here now get ${defaultWords(deps, workspace)}. ${KEEPS}${chosen.note}` };
    },
    suggest: (_option, typed, invocation) => suggestModelChoices(deps, typed, invocation),
  });

function withoutModel(before: WorkspaceSettings): WorkspaceSettings {
  const { model: _dropped, ...rest } = before;
  return rest;
}

/** A setting whose provider was taken out of the environment is skipped; say so. */
function unusable({ settings, setups, allowed }: CommandDeps, workspace: string): string {
  const { model } = settings.of(workspace);
  if (model === undefined) return "";
  if (setups.some(({ id }) => model.startsWith(`${id}/`))) {
    const judged = allowed.judge(workspace, splitModel(model));
    if (judged.isAllowed) return "";
    return `\n⚠️ The workspace's setting ${code(model, 250)} is skipped: it ${judged.rule}.`;
  }
  return `\n⚠️ The workspace's setting ${code(model, 250)} is skipped, because its provider is not configured.`;
}
