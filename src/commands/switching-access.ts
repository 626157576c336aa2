import type { Access, Invocation } from "./command.js";
import type { CommandDeps } from "./command-deps.js";

/** Who may choose models in a workspace: anyone, unless `/settings switching` says otherwise. */
export const switchingAccess =
  ({ settings }: Pick<CommandDeps, "settings">) =>
  ({ workspace }: Invocation): Access =>
    settings.of(workspace).switching === "operators" ? "operator" : "anyone";
