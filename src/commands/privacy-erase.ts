import { plural, t } from "../languages/translate.js";
import { ERASED_USER } from "../store/audit.js";
import { defineCommand } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { exportControl } from "./privacy-export.js";

export const privacyErase = ({ personalData, audit }: CommandDeps) =>
  defineCommand({
    path: "privacy erase",
    about: "Erase your questions, the answers to them, and your name",
    access: "anyone",
    isForEveryone: true,
    isHeavy: true,
    visibility: "ephemeral",
    options: { confirm: { kind: "flag", about: "on: erase without asking again" } },
    async *run({ confirm }, invocation) {
      const person = { platform: invocation.platform, ...invocation.user };
      if (confirm !== true) {
        const { questions, usageEntries, changes } = await personalData.summary(person);
        yield {
          markdown: t`This erases your ${plural(questions, "question")} with the answers in all conversations,
            and your name in ${plural(usageEntries, "entry", "entries")} of usage and
            ${plural(changes, "change")} of the record. The numbers and changes stay, without the name. It cannot
            be undone.`,
          controls: [{ label: t`Erase for good`, command: "/privacy erase confirm:on" }, exportControl()],
        };
        return;
      }
      const { questions } = await personalData.erase(
        person,
        audit.writesOf({ ...invocation, user: ERASED_USER }, "data", { what: "own data", after: "erased" }),
      );
      yield {
        markdown: t`🗑️ Erased: ${plural(questions, "question")} with the answers, and your name. Where this
          service lets me, my answers to you become “(erased)” as well. Your own messages there are yours to
          delete; those from before now are never sent to a model again.`,
        dropsControls: true,
      };
    },
  });
