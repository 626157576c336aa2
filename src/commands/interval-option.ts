import { plural } from "../base/text.js";
import { INTERVALS } from "../refresh/indicator.js";
import type { IntervalChoice, RefreshInForce } from "../refresh/settings.js";

/** Gives up the workspace's (or the provider's) own setting. */
export const DEFAULT = "default";

/** The intervals that people can choose, however they write minutes. */
export const intervalOption = {
  kind: "choice",
  about: "minutes between refreshes, smart, or default (drops the setting)",
  values: [
    ...INTERVALS.map(({ value, label }) => ({
      value: String(value),
      label,
      aliases:
        value === "smart"
          ? []
          : ["m", "min", "mins", "minute", "minutes"].flatMap((unit) => [`${value}${unit}`, `${value} ${unit}`]),
    })),
    { value: DEFAULT, label: "default (drops the setting)", isAside: true },
  ],
} as const;

export const readInterval = (value: string): IntervalChoice | undefined =>
  INTERVALS.find((interval) => String(interval.value) === value)?.value;

/** "every 5 minutes", "every 90 seconds", "smart: often while people talk, seldom while nobody does". */
export function intervalWords(interval: RefreshInForce["interval"]): string {
  if (interval.kind === "smart") return "smart: often while people are here, seldom while nobody is";
  const seconds = Math.round(interval.ms / 1000);
  if (seconds % 60 !== 0) return `every ${plural(seconds, "second")}`;
  if (seconds === 60) return "every minute";
  return seconds % 3600 === 0 ? `every ${plural(seconds / 3600, "hour")}` : `every ${plural(seconds / 60, "minute")}`;
}
