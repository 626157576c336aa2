import { type Phrase, t } from "../languages/translate.js";
import { audited } from "../refresh/audited-settings.js";
import type { WorkspaceSettings } from "../refresh/settings.js";
import type { Command } from "./command.js";
import { defineCommand } from "./command.js";
import type { CommandDeps } from "./command-deps.js";

/** Something that a workspace may leave to its operators. */
export interface WhoSetting {
  readonly path: string;
  readonly about: string;
  readonly key: "switching" | "system";
  /** "Who may choose models". */
  readonly question: Phrase;
}

/** Makes the command that says who may do it: anyone, or operators only. */
export const whoCommand = ({ settings, audit }: CommandDeps, setting: WhoSetting): Command =>
  defineCommand({
    path: setting.path,
    about: setting.about,
    access: "operator",
    visibility: "ephemeral",
    options: {
      who: {
        kind: "choice",
        about: "anyone or operators; without a value, shows the current setting",
        values: [
          { value: "anyone", label: "anyone", aliases: ["everyone", "all"] },
          { value: "operators", label: "operators only", aliases: ["operator", "admins"] },
        ],
      },
    },
    async *run({ who }, invocation) {
      const { workspace } = invocation;
      if (who === undefined) {
        yield { markdown: whoLine(settings.of(workspace), setting) };
        return;
      }
      const chosen = who === "operators" ? "operators" : "anyone";
      const after = await settings.change(
        workspace,
        (before) => ({ ...before, [setting.key]: chosen }),
        audited(audit, invocation),
      );
      yield { markdown: t`Saved. ${whoLine(after, setting)}` };
    },
  });

/** "Who may choose models: **anyone** (the default)". */
export function whoLine(settings: WorkspaceSettings, { key, question }: WhoSetting): string {
  if (settings.isDamaged) return t`${question}: **operators** (what was set can't be read)`;
  const who = settings[key];
  return t`${question}: ${who === undefined ? t`**anyone** (the default)` : t`**${who}** (set in this workspace)`}`;
}

/** Whether a workspace leaves it to its operators. */
export const isForOperators = (settings: WorkspaceSettings, key: WhoSetting["key"]): boolean =>
  settings[key] === "operators" || settings.isDamaged === true;
