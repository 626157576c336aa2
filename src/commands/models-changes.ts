import { defineCommand } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { changesText } from "./wording/changes-text.js";

export const modelsChanges = (deps: CommandDeps) =>
  defineCommand({
    path: "models changes",
    about: "Which models appeared, left and came back in the last 30 days",
    access: "anyone",
    visibility: "ephemeral",
    options: {},
    async *run() {
      yield { markdown: changesText(deps.refresher.changes(), deps.clock.now()) };
    },
  });
