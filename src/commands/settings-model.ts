import { phrase, t } from "../languages/translate.js";
import { audited } from "../refresh/audited-settings.js";
import { modelName, splitModel } from "../refresh/choose/model-ref.js";
import { newestMatch } from "../refresh/choose/newest-match.js";
import type { WorkspaceSettings } from "../refresh/settings.js";
import { chooseModel, modelOption, suggestModelChoices } from "./choose-model.js";
import { DEFAULT, defineCommand } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { defaultWords } from "./pin-text.js";
import { code } from "./wording/markdown.js";

const KEEPS = phrase`Conversations that have a model keep it.`;

export const settingsModel = (deps: CommandDeps) =>
  defineCommand({
    path: "settings model",
    about: "Model of new conversations; default removes the setting; without a value, shows it",
    access: "operator",
    visibility: "ephemeral",
    options: {
      model: {
        ...modelOption,
        about: "provider/model, a pattern like anthropic/claude-*, or default (removes the setting)",
      },
    },
    async *run({ model: typed }, invocation) {
      const { workspace } = invocation;
      const also = audited(deps.audit, invocation);
      if (typed === undefined) {
        yield { markdown: t`Model of new conversations: ${defaultWords(deps, workspace)}${unusable(deps, workspace)}` };
        return;
      }
      if (typed.toLowerCase() === DEFAULT) {
        await deps.settings.change(workspace, withoutModel, also);
        yield {
          markdown: t`The workspace's own default is removed. New conversations get
            ${defaultWords(deps, workspace)}. ${KEEPS}`,
        };
        return;
      }
      if (isGlob(typed)) {
        const pattern = typed.trim();
        const modelPattern = { pattern, setAt: deps.clock.now() };
        await deps.settings.change(workspace, (before) => ({ ...withoutModel(before), modelPattern }), also);
        yield {
          markdown: t`New conversations here now get ${defaultWords(deps, workspace)}, and a newer match once one
            is listed. ${KEEPS}${unusable(deps, workspace)}`,
        };
        return;
      }
      const chosen = chooseModel(deps, typed, "/settings model", workspace);
      if (chosen.kind === "asked-back") return yield chosen.reply;
      const model = modelName(chosen.model);
      await deps.settings.change(workspace, (before) => ({ ...withoutModel(before), model }), also);
      yield { markdown: t`New conversations here now get ${defaultWords(deps, workspace)}. ${KEEPS}${chosen.note}` };
    },
    suggest: (_option, typed, invocation) => suggestModelChoices(deps, typed, invocation),
  });

function withoutModel(before: WorkspaceSettings): WorkspaceSettings {
  const { model: _model, modelPattern: _pattern, ...rest } = before;
  return rest;
}

const isGlob = (typed: string): boolean => /^[^\s?*]*[?*]\S*$/.test(typed.trim());

/** A setting whose provider was taken out of the environment is skipped; say so. */
function unusable({ settings, setups, allowed }: CommandDeps, workspace: string): string {
  const { model, modelPattern } = settings.of(workspace);
  if (modelPattern !== undefined && newestMatch(allowed.snapshot(workspace), modelPattern.pattern) === undefined) {
    return t`\n⚠️ No model that may be used matches ${code(modelPattern.pattern, 250)} now, so it is skipped.`;
  }
  if (model === undefined) return "";
  if (setups.some(({ id }) => model.startsWith(`${id}/`))) {
    const judged = allowed.judge(workspace, splitModel(model));
    if (judged.isAllowed) return "";
    return t`\n⚠️ The workspace's setting ${code(model, 250)} is skipped: it ${judged.rule}.`;
  }
  return t`\n⚠️ The workspace's setting ${code(model, 250)} is skipped, because its provider is not configured.`;
}
