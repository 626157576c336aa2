import { t } from "../languages/translate.js";
import { audited } from "../refresh/audited-settings.js";
import { defineCommand } from "./command.js";
import type { CommandDeps } from "./command-deps.js";

export const settingsFeedback = ({ settings, audit }: CommandDeps) =>
  defineCommand({
    path: "settings feedback",
    about: "Show 👍 and 👎 under each answer; without a value, shows the current setting",
    access: "operator",
    visibility: "ephemeral",
    options: { shown: { kind: "flag", about: "on or off" } },
    async *run({ shown }, invocation) {
      const { workspace } = invocation;
      if (shown === undefined) {
        yield { markdown: `${feedbackLine(settings.of(workspace))}.` };
        return;
      }
      await settings.change(workspace, (before) => ({ ...before, feedback: shown }), audited(audit, invocation));
      yield {
        markdown: shown
          ? t`From the next answer, 👍 and 👎 are shown below it. \`/usage\` by model shows what people thought.`
          : t`From the next answer, 👍 and 👎 are no longer shown, and older answers accept no votes.`,
      };
    },
  });

/** "👍 and 👎 under answers: on". */
export const feedbackLine = ({ feedback = true }: { readonly feedback?: boolean }): string =>
  t`👍 and 👎 under answers: ${feedback ? t`on` : t`off`}`;
