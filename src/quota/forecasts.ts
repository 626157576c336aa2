import type { Clock } from "../base/clock.js";
import { createForecaster, type Forecast } from "./forecast.js";
import type { RenewingLimit } from "./renewing-limit.js";
import type { CountedUnit, UsageCounts } from "./usage-counts.js";
import {
  isOut,
  LEAST_FORECAST_MS,
  lengthOf,
  limits,
  type QuotaWindow,
  usedOf,
  windowEnd,
  windowKey,
  windowStart,
} from "./windows/window.js";

export interface Forecasts {
  /** The last one that was made; undefined where there is none for the window as it is now. */
  of(window: QuotaWindow): Forecast | undefined;
  /** Makes one, unless that was done within the last minute. True where something was made. */
  make(window: QuotaWindow): boolean;
}

export interface ForecastsDeps {
  readonly counts: Pick<UsageCounts, "history">;
  readonly clock: Pick<Clock, "now">;
}

/** How often a window is forecast at most. */
const EVERY_MS = 60_000;
/** An older one, as after a long sleep of the machine, is not shown. */
const SHOWN_MS = 10 * 60_000;
/** Others may use the account as well: so far the vendor's count may be from the bot's own. */
const MOST_OTHERS = 20;

/** Forecasts of windows of a day and more, from what the ledger holds of the account. */
export function createForecasts({ counts, clock }: ForecastsDeps): Forecasts {
  const made = new Map<string, { readonly at: number; readonly endsAt: number; readonly forecast?: Forecast }>();
  const forecastOf = (window: QuotaWindow, now: number): Forecast | undefined => {
    const startsAt = windowStart(window);
    const [limit, used] = [window.limit, usedOf(window)];
    if (startsAt === undefined || limit === undefined || used === undefined || limit <= 0) return undefined;
    const unit: CountedUnit = window.unit === "fraction" ? "tokens" : window.unit;
    const history = counts.history(window.provider, unit, (model) => limits(window, model));
    const counted = history.usedBefore(now) - history.usedBefore(startsAt);
    const scale = scaleOf({ window, used, counted });
    if (scale === undefined) return undefined;
    const renewing: RenewingLimit = { startsAt, endsAt: windowEnd(window), limit: limit / scale, used: used / scale };
    return createForecaster(history)(renewing, now);
  };
  return {
    of(window) {
      const last = made.get(windowKey(window));
      const now = clock.now();
      const isCurrent = last !== undefined && now - last.at < SHOWN_MS && now < last.endsAt && now < windowEnd(window);
      return isCurrent && !isOut(window, now) ? last.forecast : undefined;
    },
    make(window) {
      const now = clock.now();
      const key = windowKey(window);
      const last = made.get(key);
      const isDue = last === undefined || now - last.at >= EVERY_MS || now < last.at;
      if (!isDue || lengthOf(window) < LEAST_FORECAST_MS || now >= windowEnd(window) || isOut(window, now))
        return false;
      const forecast = forecastOf(window, now);
      made.set(key, { at: now, endsAt: windowEnd(window), ...(forecast && { forecast }) });
      return true;
    },
  };
}

/** What one counted unit is of the window's own; undefined where the bot's use says nothing of it. */
function scaleOf(terms: { readonly window: QuotaWindow; readonly used: number; readonly counted: number }) {
  const { window, used, counted } = terms;
  if (window.unit === "fraction") return used > 0 && counted > 0 ? used / counted : undefined;
  if (counted <= 0 || used <= 0) return 1;
  return Math.min(MOST_OTHERS, Math.max(1 / MOST_OTHERS, used / counted));
}
