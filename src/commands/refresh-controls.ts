import { INTERVALS, refreshLabel } from "../refresh/indicator.js";
import type { RefreshStatus } from "../refresh/refresher.js";
import type { Control } from "./command.js";

/** The button that says how old the lists are. */
export const refreshButton = (status: RefreshStatus): Control => ({
  label: refreshLabel(status),
  command: "/refresh-models",
});

/** What operators turn: on or off, and how often. */
export const autoRefreshControls = (isEnabled: boolean): readonly Control[] => [
  isEnabled
    ? { label: "Turn auto-refresh off", command: "/settings auto-refresh off" }
    : { label: "Turn auto-refresh on", command: "/settings auto-refresh on" },
  {
    label: "Refresh interval",
    options: INTERVALS.map(({ value, label }) => ({ label, command: `/settings auto-refresh interval:${value}` })),
  },
];
