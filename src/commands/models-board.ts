import { t } from "../languages/translate.js";
import { defineCommand } from "./command.js";
import type { CommandDeps } from "./command-deps.js";

export const modelsBoard = ({ board, audit }: CommandDeps) =>
  defineCommand({
    path: "models board",
    about: "Post a status message here that stays current, with reactions to refresh and to set auto-refresh",
    access: "operator",
    visibility: "ephemeral",
    options: {},
    async *run(_args, invocation) {
      const { hasMoved, hasReactions } = await board.post(
        invocation.conversation,
        audit.writesOf(invocation, "board", { what: "board", after: "posted" }),
      );
      yield {
        markdown: [
          t`📋 The board is posted. It updates automatically.`,
          hasMoved ? t`The older board in this channel is no longer updated.` : "",
          hasReactions
            ? ""
            : t`⚠️ I could not put the reactions under it: I lack the permission to add reactions
            here.`,
        ]
          .filter((line) => line !== "")
          .join(" "),
      };
    },
  });
