import { DAY_MS, startOfDay, timeMark } from "../../base/time.js";
import { dateLocaleInForce, localeInForce, type Phrase, phrase, t } from "../../languages/translate.js";
import type { QuotaPeriod } from "../../providers/provider.js";
import type { QuotaState } from "../../quota/quota.js";
import { LEAST_FORECAST_MS, lengthOf, usedOf, usedShare } from "../../quota/windows/window.js";
import { code } from "./markdown.js";

/** Within this time a day is shown as a weekday, later with its date. */
const NEAR_MS = 6 * DAY_MS;

const written = (at: number, options: Intl.DateTimeFormatOptions) =>
  new Date(at).toLocaleString(dateLocaleInForce(), { ...options, timeZone: "UTC" }).replace(",", "");
const TIME = { hour: "2-digit", minute: "2-digit" } as const;

/** "Thu 14:00", or "Thu 15 Jan 14:00" where that is more than six days ahead. */
function dayAndTime(at: number, now: number): string {
  const day = written(at, { weekday: "short" });
  const date = at - now <= NEAR_MS ? "" : ` ${written(at, { day: "numeric", month: "short" })}`;
  return `${day}${date} ${written(at, TIME)}`;
}

/** "18:00 UTC" today, "Thu 18:00 UTC" later. */
export const untilText = (at: number, now: number): string =>
  `${startOfDay(at) === startOfDay(now) ? written(at, TIME) : dayAndTime(at, now)} UTC`;

/** When it renews, as "renews Sun 00:00 UTC". */
export const renewalText = ({ renewsAt, window }: QuotaState, now: number): string =>
  renewsAt !== undefined
    ? t`renews ${dayAndTime(renewsAt, now)} UTC`
    : window.period === "none"
      ? t`does not renew by itself`
      : t`renews at a time that its provider does not report`;

/** "about 70 % likely to run out Thu 14:00–Fri 09:00; renews Sun 00:00 UTC". */
export function forecastText(state: QuotaState, now: number): string {
  const { forecast, window, isOut } = state;
  const renewal = renewalText(state, now);
  if (isOut) return t`used up; ${renewal}`;
  if (lengthOf(window) < LEAST_FORECAST_MS || !Number.isFinite(lengthOf(window))) return renewal;
  if (forecast === undefined) return t`too early to say whether it will last; ${renewal}`;
  const { probability, earliestAt, latestAt } = forecast;
  // Nobody knows it more exactly.
  const percent = Math.min(95, Math.max(5, 5 * Math.round(probability * 20)));
  const isWorthATime = probability >= 0.1 && earliestAt !== null && latestAt !== null;
  const when = isWorthATime ? ` ${dayAndTime(earliestAt, now)}–${dayAndTime(latestAt, now)}` : "";
  return t`about ${percent} % likely to run out${when}; ${renewal}`;
}

const PERIODS: Readonly<Record<QuotaPeriod, Phrase | string>> = {
  minute: phrase` a minute`,
  hour: phrase` an hour`,
  "5h": phrase` in 5 hours`,
  day: phrase` a day`,
  week: phrase` a week`,
  month: phrase` a month`,
  none: "",
};

/** "groq: requests a day of `m1`". */
export function windowName({ window }: Pick<QuotaState, "window">): string {
  const { provider, name, period, model } = window;
  return t`${provider}: ${t(name)}${PERIODS[period]}${model === undefined ? "" : t` of ${code(model, 100)}`}`;
}

/** "93 % used", and for who may see amounts "93 % used, 930 of 1,000". */
export function usedText({ window }: Pick<QuotaState, "window">, showsAmounts: boolean): string {
  const share = usedShare(window);
  const { limit, unit, remaining } = window;
  const used = usedOf(window);
  // 100 % only where nothing is left.
  const percent =
    share === undefined ? undefined : t`${share >= 1 ? 100 : Math.min(99, Math.round(share * 100))} % used`;
  if (!showsAmounts || unit === "fraction") return percent ?? t`use unknown`;
  const amount = (count: number) => (unit === "usd" ? `$${count.toFixed(2)}` : count.toLocaleString(localeInForce()));
  if (used !== undefined && limit !== undefined) return t`${percent ?? t`used`}, ${amount(used)} of ${amount(limit)}`;
  if (remaining !== undefined) return t`${amount(remaining)} left`;
  return limit === undefined ? t`use unknown` : t`use unknown, limit ${amount(limit)}`;
}

/** From this share on a limit deserves a look, whether it can be forecast or not. */
const NEARLY_USED = 0.9;

function markOf({ isOut, riskSince, window }: QuotaState): string {
  if (isOut) return "⛔";
  const isNearlyUsed = window.period !== "minute" && (usedShare(window) ?? 0) >= NEARLY_USED;
  return riskSince !== undefined || isNearlyUsed ? "⚠️" : "✓";
}

/** A quota as a row of a table, without Markdown. */
export const quotaRow = (state: QuotaState, now: number) => ({
  mark: markOf(state),
  name: windowName(state).replaceAll("`", ""),
  used: usedText(state, true),
  outlook: forecastText(state, now),
});

/** How many one message shows. */
const MAX_LINES = 15;

export interface QuotaTextTerms {
  readonly now: number;
  /** Amounts of the host's accounts are for the host's own people. */
  readonly showsAmounts: boolean;
}

/** All quotas, the worst first, a line each. */
export function quotaText(states: readonly QuotaState[], { now, showsAmounts }: QuotaTextTerms): string {
  const lines = states.slice(0, MAX_LINES).map((state) => {
    const { source, observedAt } = state.window;
    const asOf = source === "budget" ? t`counted here` : t`as of ${timeMark(observedAt)}`;
    const used = usedText(state, showsAmounts);
    return `- ${markOf(state)} ${windowName(state)}: ${used}; ${forecastText(state, now)} (${asOf})`;
  });
  const rest = states.length - lines.length;
  return [t`**Quotas**, the worst first`, ...lines, ...(rest > 0 ? [t`… and ${rest} more`] : [])].join("\n");
}

const isBad = ({ isOut, riskSince, window }: QuotaState) =>
  riskSince !== undefined || (isOut && window.period !== "minute");

/** For a message that stays: without a time that moves with every question. */
export function quotaBoardLine(states: readonly QuotaState[]): string | undefined {
  const worst = states.find(isBad);
  if (worst === undefined) return undefined;
  const what = worst.isOut ? t`used up` : t`likely to run out before it renews`;
  return t`${markOf(worst)} ${windowName(worst)}: ${what}; \`/usage quota\` has the times`;
}

/** One line where something is used up or likely to be before it renews; undefined elsewhere. */
export function quotaRiskLine(states: readonly QuotaState[], now: number): string | undefined {
  const bad = states.filter(isBad);
  const [worst] = bad;
  if (worst === undefined) return undefined;
  const others = bad.length > 1 ? t` ${bad.length - 1} more: \`/usage quota\`.` : "";
  return `${markOf(worst)} ${windowName(worst)}: ${forecastText(worst, now)}.${others}`;
}
