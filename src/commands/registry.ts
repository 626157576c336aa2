import { audit } from "./audit.js";
import { chatChoose } from "./chat-choose.js";
import { chatCompare } from "./chat-compare.js";
import { chatExport } from "./chat-export.js";
import { chatForget } from "./chat-forget.js";
import { chatNew } from "./chat-new.js";
import { chatRate } from "./chat-rate.js";
import { chatReasoning } from "./chat-reasoning.js";
import { chatRetry } from "./chat-retry.js";
import { chatStop } from "./chat-stop.js";
import { chatSystem } from "./chat-system.js";
import { chatThread } from "./chat-thread.js";
import type { Command } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { doctor } from "./doctor.js";
import { help } from "./help.js";
import { modelsBack } from "./models-back.js";
import { modelsBoard } from "./models-board.js";
import { modelsChanges } from "./models-changes.js";
import { modelsDetour } from "./models-detour.js";
import { modelsList } from "./models-list.js";
import { modelsOffer } from "./models-offer.js";
import { modelsStatus } from "./models-status.js";
import { modelsUnpin } from "./models-unpin.js";
import { modelsUnwatch, modelsWatches } from "./models-unwatch.js";
import { modelsUse } from "./models-use.js";
import { modelsWatch } from "./models-watch.js";
import { privacy } from "./privacy.js";
import { privacyErase } from "./privacy-erase.js";
import { privacyExport } from "./privacy-export.js";
import { refreshModels } from "./refresh-models.js";
import { settingsAccess } from "./settings-access.js";
import { settingsAutoRefresh } from "./settings-auto-refresh.js";
import { settingsBudget } from "./settings-budget.js";
import { settingsFallback } from "./settings-fallback.js";
import { settingsFeedback } from "./settings-feedback.js";
import { settingsFooter } from "./settings-footer.js";
import { settingsLanguage } from "./settings-language.js";
import { settingsModel } from "./settings-model.js";
import { settingsModels } from "./settings-models.js";
import { settingsRaise } from "./settings-raise.js";
import { settingsShow } from "./settings-show.js";
import { settingsSwitching } from "./settings-switching.js";
import { settingsSystem } from "./settings-system.js";
import { aboveThreads } from "./threads.js";
import { usage } from "./usage.js";
import { usageBudget } from "./usage-budget.js";
import { usageQuota } from "./usage-quota.js";

/** All commands, in the order in which help lists them. */
export function createCommands(deps: CommandDeps): readonly Command[] {
  const commands: readonly Command[] = [
    refreshModels(deps),
    modelsStatus(deps),
    modelsList(deps),
    modelsChanges(deps),
    modelsWatch(deps),
    modelsUnwatch(deps),
    modelsWatches(deps),
    modelsOffer(deps),
    aboveThreads(modelsUse(deps), deps),
    aboveThreads(modelsUnpin(deps), deps),
    aboveThreads(modelsBack(deps), deps),
    aboveThreads(modelsDetour(deps), deps),
    modelsBoard(deps),
    settingsShow(deps),
    settingsAutoRefresh(deps),
    settingsModel(deps),
    settingsModels(deps),
    settingsSwitching(deps),
    settingsSystem(deps),
    settingsAccess(deps),
    settingsFallback(deps),
    settingsBudget(deps),
    settingsRaise(deps),
    settingsFooter(deps),
    settingsFeedback(deps),
    settingsLanguage(deps),
    aboveThreads(chatNew(deps), deps),
    chatStop(deps),
    chatRetry(deps),
    chatRate(deps),
    chatCompare(deps),
    chatChoose(deps),
    chatThread(deps),
    aboveThreads(chatSystem(deps), deps),
    chatReasoning(deps),
    aboveThreads(chatExport(deps), deps),
    aboveThreads(chatForget(deps), deps),
    usage(deps),
    usageQuota(deps),
    usageBudget(deps),
    audit(deps),
    doctor(deps),
    privacy(deps),
    privacyExport(deps),
    privacyErase(deps),
    help(() => commands),
  ];
  return commands;
}
