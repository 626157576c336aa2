import { t } from "../languages/translate.js";
import { defineCommand } from "./command.js";
import type { CommandDeps } from "./command-deps.js";

/** The button for it. */
export const exportControl = () => ({ label: t`Export`, command: "/privacy export" });

export const privacyExport = ({ personalData, audit }: CommandDeps) =>
  defineCommand({
    path: "privacy export",
    about: "Get everything I keep about you, as a file",
    access: "anyone",
    isForEveryone: true,
    isHeavy: true,
    visibility: "ephemeral",
    options: {},
    async *run(_args, invocation) {
      const { platform, user } = invocation;
      const bytes = await personalData.export({ platform, ...user });
      await audit.note(invocation, "data", { what: "own data", after: "exported" });
      yield {
        markdown: t`📄 Everything that I keep about you, as JSON.`,
        files: [{ name: "about-you.json", bytes, alt: t`Everything that is kept about you, as JSON` }],
      };
    },
  });
