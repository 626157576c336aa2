import type { ProviderBudget } from "../../base/config/config-host.js";
import { calendarWindow } from "../../base/time.js";
import { type Phrase, phrase } from "../../languages/translate.js";
import type { UsageHistory } from "../renewing-limit.js";
import type { QuotaWindow } from "./window.js";

const NAMES: Readonly<Record<ProviderBudget["unit"], Phrase>> = {
  usd: phrase`USD budget`,
  requests: phrase`request budget`,
  tokens: phrase`token budget`,
};

/** The window of an operator's own ceiling as it stands now, counted from what was used. */
export function budgetWindow(budget: ProviderBudget, history: UsageHistory, now: number): QuotaWindow {
  const { provider, amount: limit, unit, period } = budget;
  const { startsAt, endsAt } = calendarWindow(period, now);
  // All up to now, and nothing of before the period.
  const used = history.usedBefore(now) - history.usedBefore(startsAt);
  return {
    ...{ provider, name: NAMES[unit].english, scope: "account", unit, period, limit, used },
    ...{ remaining: Math.max(0, limit - used), resetAt: endsAt, source: "budget", observedAt: now },
  };
}
