import { t } from "../languages/translate.js";
import { audited } from "../refresh/audited-settings.js";
import { defineCommand } from "./command.js";
import type { CommandDeps } from "./command-deps.js";

export const settingsFooter = ({ settings, audit }: CommandDeps) =>
  defineCommand({
    path: "settings footer",
    about: "Show model, tokens and time under each answer; without a value, shows the current setting",
    access: "operator",
    visibility: "ephemeral",
    options: { shown: { kind: "flag", about: "on or off" } },
    async *run({ shown }, invocation) {
      const { workspace } = invocation;
      if (shown === undefined) {
        yield { markdown: t`The footer is ${footerWords(settings.of(workspace))} in this workspace.` };
        return;
      }
      await settings.change(workspace, (before) => ({ ...before, footer: shown }), audited(audit, invocation));
      yield {
        markdown: shown
          ? t`Footers are now on: from the next answer, a small line shows its model, tokens and time.`
          : t`Footers are now off.`,
      };
    },
  });

export const footerWords = ({ footer = false }: { readonly footer?: boolean }) => (footer ? t`on` : t`off`);
