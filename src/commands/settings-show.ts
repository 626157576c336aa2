import { defineCommand } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { defaultWords } from "./default-sentence.js";
import { autoRefreshControls } from "./refresh-controls.js";
import { inForceLines } from "./refresh-in-force.js";
import { switchingWords } from "./settings-switching.js";

export const settingsShow = (deps: CommandDeps) =>
  defineCommand({
    path: "settings show",
    about: "What is in force in this workspace, and why",
    access: "anyone",
    visibility: "ephemeral",
    options: {},
    async *run(_args, { workspace, isOperator }) {
      const { isEnabled } = deps.settings.inForce(workspace);
      yield {
        markdown: [
          "**Settings of this workspace**",
          ...inForceLines(deps, workspace),
          `Model of new conversations: ${defaultWords(deps, workspace)}`,
          `Who may choose models: ${switchingWords(deps.settings.of(workspace))}`,
        ].join("\n"),
        ...(isOperator && { controls: autoRefreshControls(isEnabled) }),
      };
    },
  });
