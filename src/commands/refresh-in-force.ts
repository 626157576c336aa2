import type { ProviderId } from "../providers/provider.js";
import type { RefreshInForce, SettingSource } from "../refresh/settings.js";
import type { CommandDeps } from "./command-deps.js";
import { intervalWords } from "./interval-option.js";
import { code } from "./wording/wording.js";

const BY: Readonly<Record<SettingSource, string>> = {
  override: "this provider's own setting",
  workspace: "set in this workspace",
  host: "the host's default",
};

/** "on (the host's default), every 10 minutes (set in this workspace)". */
export function inForceWords({ isEnabled, enabledBy, interval, intervalBy }: RefreshInForce): string {
  return `${isEnabled ? "on" : "off"} (${BY[enabledBy]}), ${intervalWords(interval)} (${BY[intervalBy]})`;
}

type Deps = Pick<CommandDeps, "settings" | "setups">;

/** Providers that go another way than the workspace, in the order of the registry. */
export const overridden = ({ settings, setups }: Deps, workspace: string): readonly ProviderId[] => {
  const overrides = settings.of(workspace).providers ?? {};
  return setups.map(({ id }) => id).filter((id) => Object.hasOwn(overrides, id));
};

/** What is in force in a workspace and why, a line for it and one for each provider with its own setting. */
export function inForceLines(deps: Deps, workspace: string): readonly string[] {
  return [
    `Auto-refresh: ${inForceWords(deps.settings.inForce(workspace))}`,
    ...overridden(deps, workspace).map(
      (id) => `Auto-refresh of ${code(id)}: ${inForceWords(deps.settings.inForce(workspace, id))}`,
    ),
  ];
}
