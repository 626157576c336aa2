import type { Invocation } from "../../../commands/command.js";

/** Who types at the console: whoever holds the token, and so an operator of its workspace ("playground:local"). */
export const consoleInvocation = (workspace: string): Invocation => ({
  platform: workspace.split(":")[0] ?? "",
  workspace,
  conversation: `${workspace}:console`,
  user: { id: "console", name: "the console" },
  isOperator: true,
  isDirect: false,
  isGuest: false,
  isInGroup: async () => false,
  canShowFiles: false,
});
