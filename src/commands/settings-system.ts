import { phrase } from "../languages/translate.js";
import type { CommandDeps } from "./command-deps.js";
import { type WhoSetting, whoCommand } from "./settings-who.js";

export const SYSTEM: WhoSetting = {
  path: "settings system",
  about: "Who may set a system prompt here by /chat system: anyone or operators",
  key: "system",
  question: phrase`Who may set a system prompt`,
};

export const settingsSystem = (deps: CommandDeps) => whoCommand(deps, SYSTEM);
