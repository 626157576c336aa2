import { phrase } from "../languages/translate.js";
import type { CommandAccess, Invocation } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { isForOperators, type WhoSetting, whoCommand } from "./settings-who.js";

export const SWITCHING: WhoSetting = {
  path: "settings switching",
  about: "Who may choose models here: anyone or operators",
  key: "switching",
  question: phrase`Who may choose models`,
};

export const settingsSwitching = (deps: CommandDeps) => whoCommand(deps, SWITCHING);

/** Who may choose models in a workspace: anyone, unless `/settings switching` says otherwise. */
export const switchingAccess =
  ({ settings }: Pick<CommandDeps, "settings">) =>
  ({ workspace }: Invocation): CommandAccess =>
    isForOperators(settings.of(workspace), "switching") ? "operator" : "anyone";
