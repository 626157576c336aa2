import { indicatorText } from "../refresh/indicator.js";
import { defineCommand } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { autoRefreshControls, refreshButton } from "./refresh-controls.js";
import { inForceLines } from "./refresh-in-force.js";
import { pinLines } from "./wording/pin-lines.js";
import { smartLine } from "./wording/smart-line.js";
import { lastRefreshLine, nextRefreshLine, providerLine, storeLines } from "./wording/status-lines.js";

export const modelsStatus = (deps: CommandDeps) =>
  defineCommand({
    path: "models status",
    about: "How fresh the model lists are, and when they refresh next",
    access: "anyone",
    visibility: "ephemeral",
    options: {},
    async *run(_args, { workspace, conversation, isOperator }) {
      const status = deps.refresher.status();
      const { isEnabled } = deps.settings.inForce(workspace);
      const isEnabledForAny = deps.setups.some(({ id }) => deps.settings.inForce(workspace, id).isEnabled);
      const providers = status.providers.map(providerLine);
      yield {
        panel: "/models status",
        markdown: [
          indicatorText(status.indicator),
          "",
          lastRefreshLine(status),
          nextRefreshLine(status, isEnabledForAny, deps.clock.now()),
          ...storeLines(status),
          "",
          ...(providers.length > 0 ? providers : ["– No provider is configured."]),
          ...deps.faults().map((fault) => `⚠️ ${fault}`),
          "",
          ...inForceLines(deps, workspace),
          ...smartLine(deps, workspace),
          ...(await pinLines(deps, conversation)),
        ].join("\n"),
        controls: [refreshButton(status), ...(isOperator ? autoRefreshControls(isEnabled) : [])],
      };
    },
  });
