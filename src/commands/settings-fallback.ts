import { UserError } from "../base/errors.js";
import { type Phrase, phrase, t } from "../languages/translate.js";
import { audited } from "../refresh/audited-settings.js";
import { findModel } from "../refresh/choose/find-model.js";
import { modelName } from "../refresh/choose/model-ref.js";
import type { FallbackMode, FallbackSetting, WorkspaceSettings } from "../refresh/settings.js";
import { DEFAULT, defineCommand } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { code } from "./wording/markdown.js";

/** More is no list of preferences. */
const MAX_MODELS = 10;
const MODES: Readonly<Record<FallbackMode, Phrase>> = {
  off: phrase`another model never answers`,
  ask: phrase`another model answers only after somebody agrees with the button under an answer`,
  auto: phrase`another model answers automatically until the quota renews`,
};

export const settingsFallback = (deps: CommandDeps) =>
  defineCommand({
    path: "settings fallback",
    about: "Whether another model may answer while a quota is used up; without a value, shows the setting",
    access: "operator",
    visibility: "ephemeral",
    options: {
      mode: {
        kind: "choice",
        about: "off, ask (default) or auto",
        values: Object.entries(MODES).map(([value]) => ({ value, label: value })),
      },
      models: {
        kind: "text",
        about: "models as provider/model, best first, separated by commas; default to choose by likeness and price",
        maxChars: 3_000,
      },
    },
    async *run({ mode, models }, invocation) {
      const { workspace } = invocation;
      if (mode === undefined && models === undefined) {
        yield { markdown: fallbackLine(deps.settings.of(workspace)) };
        return;
      }
      const listed = models === undefined ? undefined : listedModels(deps, models, workspace);
      const after = await deps.settings.change(
        workspace,
        ({ fallback = {}, ...rest }) => ({
          ...rest,
          fallback: {
            ...fallback,
            ...(mode !== undefined && { mode: mode as FallbackMode }),
            ...(listed && { models: listed }),
          },
        }),
        audited(deps.audit, invocation),
      );
      yield { markdown: t`Saved. ${fallbackLine(after)}` };
    },
  });

/** The models that were typed, as they are listed. @throws {UserError} naming the one that is not understood */
function listedModels(deps: CommandDeps, typed: string, workspace: string): readonly string[] {
  if (typed.trim().toLowerCase() === DEFAULT) return [];
  const names = typed.split(/[,\s]+/).filter((name) => name !== "");
  if (names.length > MAX_MODELS) throw new UserError(t`At most ${MAX_MODELS} models are allowed. Nothing was changed.`);
  return names.map((name) => {
    const found = findModel(deps.refresher.snapshot(), name, deps.setups);
    if (found.kind !== "exact") {
      throw new UserError(
        t`${code(name)} is not a model that I know. Write it as \`provider/model\`. Nothing was changed.`,
      );
    }
    const judged = deps.allowed.judge(workspace, found);
    if (!judged.isAllowed) throw new UserError(t`🔒 ${code(modelName(found))} ${judged.rule}. Nothing was changed.`);
    return modelName(found);
  });
}

/** "While a quota is used up: **ask** (the default), …". */
export function fallbackLine({ fallback = {} }: Pick<WorkspaceSettings, "fallback">): string {
  const { mode = "ask", models = [] }: FallbackSetting = fallback;
  const source = fallback.mode === undefined ? t` (the default)` : "";
  const which =
    mode === "off"
      ? ""
      : models.length > 0
        ? t`: the first of ${models.map((name) => code(name, 233)).join(", ")} that has quota`
        : t`: the same family by another vendor, else one that is not more expensive`;
  return t`While a quota is used up: **${mode}**${source}, ${MODES[mode]}${which}.`;
}
