import type { WorkspaceSettings } from "../refresh/settings.js";
import type { CommandAccess, Invocation } from "./command.js";
import { defineCommand } from "./command.js";
import type { CommandDeps } from "./command-deps.js";

export const settingsSwitching = ({ settings }: CommandDeps) =>
  defineCommand({
    path: "settings switching",
    about: "Who may choose models here: anyone or operators",
    access: "operator",
    visibility: "ephemeral",
    options: {
      who: {
        kind: "choice",
        about: "anyone or operators; shows what is in force when left out",
        values: [
          { value: "anyone", label: "anyone", aliases: ["everyone", "all"] },
          { value: "operators", label: "operators only", aliases: ["operator", "admins"] },
        ],
      },
    },
    async *run({ who }, { workspace }) {
      if (who === undefined) {
        yield { markdown: `Who may choose models: ${switchingWords(settings.of(workspace))}` };
        return;
      }
      const switching = who === "operators" ? "operators" : "anyone";
      const after = await settings.change(workspace, (before) => ({ ...before, switching }));
      yield { markdown: `Saved. Who may choose models: ${switchingWords(after)}` };
    },
  });

/** "**anyone** (the default)". */
export function switchingWords({ switching, isDamaged }: WorkspaceSettings): string {
  if (isDamaged) return "**operators** (what was set can't be read)";
  if (switching === undefined) return "**anyone** (the default)";
  return `**${switching}** (set in this workspace)`;
}

/** Who may choose models in a workspace: anyone, unless `/settings switching` says otherwise. */
export const switchingAccess =
  ({ settings }: Pick<CommandDeps, "settings">) =>
  ({ workspace }: Invocation): CommandAccess => {
    const { switching, isDamaged } = settings.of(workspace);
    return switching === "operators" || isDamaged ? "operator" : "anyone";
  };
