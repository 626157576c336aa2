import { chatNew } from "./chat-new.js";
import { chatStop } from "./chat-stop.js";
import type { Command } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { help } from "./help.js";
import { modelsBoard } from "./models-board.js";
import { modelsChanges } from "./models-changes.js";
import { modelsList } from "./models-list.js";
import { modelsStatus } from "./models-status.js";
import { modelsUnpin } from "./models-unpin.js";
import { modelsUse } from "./models-use.js";
import { refreshModels } from "./refresh-models.js";
import { settingsAutoRefresh } from "./settings-auto-refresh.js";
import { settingsModel } from "./settings-model.js";
import { settingsShow } from "./settings-show.js";
import { settingsSwitching } from "./settings-switching.js";
import { usage } from "./usage.js";

/** All commands, in the order in which help lists them. */
export function createCommands(deps: CommandDeps): readonly Command[] {
  const commands: readonly Command[] = [
    refreshModels(deps),
    modelsStatus(deps),
    modelsList(deps),
    modelsChanges(deps),
    modelsUse(deps),
    modelsUnpin(deps),
    modelsBoard(deps),
    settingsShow(deps),
    settingsAutoRefresh(deps),
    settingsModel(deps),
    settingsSwitching(deps),
    chatNew(deps),
    chatStop(deps),
    usage(deps),
    help(() => commands),
  ];
  return commands;
}
