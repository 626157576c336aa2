import { phrase, t } from "../languages/translate.js";
import type { ProviderId } from "../providers/provider.js";
import { audited } from "../refresh/audited-settings.js";
import type { RefreshChoice, WorkspaceSettings } from "../refresh/settings.js";
import {
  autoRefreshControls,
  inForceLines,
  inForceWords,
  intervalOption,
  overridden,
  readInterval,
} from "./auto-refresh-setting.js";
import { DEFAULT, defineCommand, type Reply } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { providerOption, suggestProviders } from "./provider-option.js";
import { code } from "./wording/markdown.js";

/** How often the refresher looks at the settings. */
const NEXT_CHECK = phrase`It takes effect at the next check, within 10 seconds.`;

const TURNED_OFF = phrase` A refresh that is running finishes, and \`/refresh-models\` still works.`;
const STILL_OFF = phrase` ⚠️ Auto-refresh is off, so it waits until you turn it on: \`/settings auto-refresh on\`.`;

export const settingsAutoRefresh = (deps: CommandDeps) =>
  defineCommand({
    path: "settings auto-refresh",
    about: "Turn background refresh on or off and set its interval; without values, shows the current setting",
    access: "operator",
    visibility: "ephemeral",
    options: {
      enabled: { kind: "flag", about: "on or off" },
      interval: intervalOption,
      provider: providerOption(deps, t`for this provider only; default: as in the workspace`),
    },
    async *run(change, invocation) {
      const { workspace } = invocation;
      const { enabled, interval, provider } = change;
      if (enabled === undefined && interval === undefined) {
        yield inForceReply(deps, workspace, provider);
        return;
      }
      await deps.settings.change(workspace, (before) => changeRefresh(before, change), audited(deps.audit, invocation));
      yield changedReply(deps, workspace, change);
    },
    suggest: (option, typed) => (option === "provider" ? suggestProviders(deps, typed) : []),
  });

function inForceReply(deps: CommandDeps, workspace: string, provider: string | undefined): Reply {
  if (provider !== undefined) return { markdown: providerSentence(deps, workspace, provider) };
  return {
    markdown: inForceLines(deps, workspace).join("\n"),
    controls: autoRefreshControls(deps.settings.inForce(workspace)),
  };
}

function changedReply(deps: CommandDeps, workspace: string, { enabled, provider }: RefreshChange): Reply {
  const { isEnabled } = deps.settings.inForce(workspace, provider);
  const off = isEnabled ? "" : enabled === false ? TURNED_OFF : STILL_OFF;
  if (provider !== undefined) {
    return { markdown: t`Saved. ${providerSentence(deps, workspace, provider)}. ${NEXT_CHECK}${off}` };
  }
  const [first = "", ...overrides] = inForceLines(deps, workspace);
  return { markdown: [t`Saved. ${first}. ${NEXT_CHECK}${off}`, ...overrides].join("\n") };
}

function providerSentence(deps: CommandDeps, workspace: string, provider: string): string {
  const own = overridden(deps, workspace).includes(provider) ? "" : t` (no setting of its own)`;
  return t`Auto-refresh of ${code(provider)}: ${inForceWords(deps.settings.inForce(workspace, provider))}${own}`;
}

export interface RefreshChange {
  readonly enabled?: boolean | undefined;
  /** One of the intervals, or "default". */
  readonly interval?: string | undefined;
  /** Changes its override only. */
  readonly provider?: ProviderId | undefined;
}

/**
 * The settings after a change of the auto-refresh. The interval "default" drops the workspace's own interval; for a
 * provider it drops all that was set for it.
 */
export function changeRefresh(before: WorkspaceSettings, change: RefreshChange): WorkspaceSettings {
  const { provider, ...choice } = change;
  if (provider === undefined) return changeChoice(before, choice);
  const overrides = new Map(Object.entries(before.providers ?? {}));
  const own = choice.interval === DEFAULT ? {} : (overrides.get(provider) ?? {});
  const after = changeChoice(own, choice);
  if (Object.keys(after).length > 0) overrides.set(provider, after);
  else overrides.delete(provider);
  const { providers: _before, ...rest } = before;
  return overrides.size > 0 ? { ...rest, providers: Object.fromEntries(overrides) } : rest;
}

function changeChoice<T extends RefreshChoice>(before: T, { enabled, interval }: Omit<RefreshChange, "provider">): T {
  const { interval: _dropped, ...rest } = before;
  const chosen = interval === undefined ? before.interval : readInterval(interval);
  // Sound: only the two optional fields are set again or left out.
  return {
    ...rest,
    ...(chosen !== undefined && { interval: chosen }),
    ...(enabled !== undefined && { isEnabled: enabled }),
  } as T;
}
