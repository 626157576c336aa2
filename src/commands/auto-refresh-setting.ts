import { type Phrase, phrase, plural, t } from "../languages/translate.js";
import type { ProviderId } from "../providers/provider.js";
import { INTERVALS, refreshLabel } from "../refresh/refresh-texts.js";
import type { RefreshStatus } from "../refresh/refresher.js";
import type { IntervalChoice, RefreshInForce, SettingSource } from "../refresh/settings.js";
import { type Control, DEFAULT } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { code } from "./wording/markdown.js";

const BY: Readonly<Record<SettingSource, Phrase>> = {
  override: phrase`this provider's own setting`,
  workspace: phrase`set in this workspace`,
  host: phrase`the host's default`,
};

/** "on (the host's default), every 10 minutes (set in this workspace)"; a reason for both is given once. */
export function inForceWords({ isEnabled, enabledBy, interval, intervalBy }: RefreshInForce): string {
  const reason = enabledBy === intervalBy ? "" : ` (${BY[enabledBy]})`;
  return t`${isEnabled ? t`on` : t`off`}${reason}, ${intervalWords(interval)} (${BY[intervalBy]})`;
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
    t`Auto-refresh: ${inForceWords(deps.settings.inForce(workspace))}`,
    ...overridden(deps, workspace).map(
      (id) => t`Auto-refresh of ${code(id)}: ${inForceWords(deps.settings.inForce(workspace, id))}`,
    ),
  ];
}

/** The button that says how old the lists are. */
export const refreshButton = (status: RefreshStatus): Control => ({
  label: refreshLabel(status),
  command: "/refresh-models",
});

/** What operators turn: on or off, and how often, with what is in force. */
export const autoRefreshControls = ({ isEnabled, interval }: RefreshInForce): readonly Control[] => [
  isEnabled
    ? { label: t`Turn auto-refresh off`, command: "/settings auto-refresh off" }
    : { label: t`Turn auto-refresh on`, command: "/settings auto-refresh on" },
  {
    label: t`Refresh interval: ${interval.kind === "smart" ? t`smart` : intervalWords(interval)}`,
    options: INTERVALS.map(({ value, label }) => ({ label, command: `/settings auto-refresh interval:${value}` })),
  },
];

/** The intervals that people can choose, however they write minutes. */
export const intervalOption = {
  kind: "choice",
  about: "minutes between refreshes, smart, or default (removes the setting)",
  values: [
    ...INTERVALS.map(({ value, label }) => ({
      value: String(value),
      label,
      aliases:
        value === "smart"
          ? []
          : ["m", "min", "mins", "minute", "minutes"].flatMap((unit) => [`${value}${unit}`, `${value} ${unit}`]),
    })),
    { value: DEFAULT, label: "default (removes the setting)", isAside: true },
  ],
} as const;

export const readInterval = (value: string): IntervalChoice | undefined =>
  INTERVALS.find((interval) => String(interval.value) === value)?.value;

/** "every 5 minutes", "every 90 seconds", "smart: often while people talk, rarely while nobody does". */
export function intervalWords(interval: RefreshInForce["interval"]): string {
  if (interval.kind === "smart") return t`smart: often while people are here, rarely while nobody is`;
  const seconds = Math.round(interval.ms / 1000);
  if (seconds % 60 !== 0) return t`every ${plural(seconds, "second")}`;
  if (seconds === 60) return t`every minute`;
  return seconds % 3600 === 0 ? t`every ${plural(seconds / 3600, "hour")}` : t`every ${plural(seconds / 60, "minute")}`;
}
