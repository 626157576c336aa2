import { audited } from "../refresh/audited-settings.js";
import { defineCommand } from "./command.js";
import type { CommandDeps } from "./command-deps.js";

export const settingsFeedback = ({ settings, audit }: CommandDeps) =>
  defineCommand({
    path: "settings feedback",
    about: "Show 👍 and 👎 under each answer; alone it says whether they are shown",
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
          ? "From the next answer, 👍 and 👎 stand under it. `/usage` by model shows what people thought."
          : "From the next answer, 👍 and 👎 are gone, and older ones no longer take votes.",
      };
    },
  });

/** "👍 and 👎 under answers: on". */
export const feedbackLine = ({ feedback = true }: { readonly feedback?: boolean }): string =>
  `👍 and 👎 under answers: ${feedback ? "on" : "off"}`;
