import { phrase, t } from "../languages/translate.js";
import { autoRefreshControls, inForceLines } from "./auto-refresh-setting.js";
import { defineCommand } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { defaultWords, pinView } from "./pin-text.js";
import { accessLines } from "./settings-access.js";
import { budgetLines } from "./settings-budget.js";
import { fallbackLine } from "./settings-fallback.js";
import { feedbackLine } from "./settings-feedback.js";
import { footerWords } from "./settings-footer.js";
import { languageLine } from "./settings-language.js";
import { ruleLines } from "./settings-models.js";
import { SWITCHING } from "./settings-switching.js";
import { SYSTEM } from "./settings-system.js";
import { whoLine } from "./settings-who.js";

const DAMAGED_SETTINGS = phrase`⚠️ The saved settings of this workspace can't be read, so I answer only
  operators. Changing a setting replaces them all; check \`/settings access\` afterwards.`;

export const settingsShow = (deps: CommandDeps) =>
  defineCommand({
    path: "settings show",
    about: "The settings of this workspace, and where each comes from",
    access: "anyone",
    visibility: "ephemeral",
    options: {},
    async *run(_args, invocation) {
      const { workspace, isOperator } = invocation;
      const pin = await pinView(deps, invocation);
      const controls = [...(isOperator ? autoRefreshControls(deps.settings.inForce(workspace)) : []), ...pin.controls];
      yield {
        markdown: [
          t`**Settings of this workspace**`,
          ...(deps.settings.of(workspace).isDamaged ? [DAMAGED_SETTINGS] : []),
          ...inForceLines(deps, workspace),
          "",
          t`Model of new conversations: ${defaultWords(deps, workspace)}`,
          ...(deps.allowed.hasRules(workspace) ? ruleLines(deps, workspace) : []),
          fallbackLine(deps.settings.of(workspace)),
          whoLine(deps.settings.of(workspace), SWITCHING),
          whoLine(deps.settings.of(workspace), SYSTEM),
          "",
          ...accessLines(deps.settings.of(workspace), deps.host.limits),
          ...budgetLines(deps, workspace),
          t`Footer under answers: ${footerWords(deps.settings.of(workspace))}`,
          feedbackLine(deps.settings.of(workspace)),
          languageLine(deps.settings.of(workspace), deps.languages),
          ...(pin.lines.length > 0 ? ["", ...pin.lines] : []),
        ].join("\n"),
        ...(controls.length > 0 && { controls }),
      };
    },
  });
