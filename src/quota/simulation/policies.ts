import { createForecaster, type Forecast } from "../forecast.js";
import type { QuotaCase } from "./cases.js";
import type { RequestSeries } from "./series.js";

/** A way to forecast, made for one series. It may look at nothing later than the case's `askedAt`. */
export type QuotaPolicy = (series: RequestSeries) => (question: QuotaCase) => Forecast;

/** What is said where there is nothing to go by: it renews first. */
const RENEWS: Forecast = { probability: 0, earliestAt: null, medianAt: null, latestAt: null };

const atRate = ({ window, askedAt }: QuotaCase, perMs: number): Forecast => {
  const at = perMs > 0 ? askedAt + (window.limit - window.used) / perMs : Number.POSITIVE_INFINITY;
  return at < window.endsAt ? { ...RENEWS, probability: 1, medianAt: at } : RENEWS;
};

/** Half-life of the smoothed rate, as a share of the window. */
const SMOOTHING = 0.25;

export const QUOTA_POLICIES: Readonly<Record<string, QuotaPolicy>> = {
  /** Goes on as fast as the window has gone so far. */
  "straight-line": () => (question) => {
    const { window, askedAt } = question;
    return atRate(question, window.used / (askedAt - window.startsAt));
  },
  /** Goes on at the rate of late, older use counting less. */
  ewma: (series) => (question) => {
    const { window, askedAt } = question;
    const halfLife = SMOOTHING * (window.endsAt - window.startsAt);
    const step = halfLife / 12;
    let weights = 0;
    let used = 0;
    for (let back = 0; back < 60 && askedAt - (back + 1) * step >= series.since; back++) {
      const weight = 0.5 ** (back / 12);
      const to = askedAt - back * step;
      used += weight * (series.usedBefore(to) - series.usedBefore(to - step));
      weights += weight * step;
    }
    return atRate(question, weights === 0 ? 0 : used / weights);
  },
  /** Repeats the windows before, as they were. */
  repeat: (series) => (question) => {
    const { window, askedAt } = question;
    const length = window.endsAt - window.startsAt;
    const need = window.limit - window.used;
    const outs: number[] = [];
    let count = 0;
    for (let back = length; back <= 8 * length && window.startsAt - back >= series.since; back += length, count++) {
      const at = series.reachedAt(need, askedAt - back, window.endsAt - back);
      if (at !== undefined) outs.push(at + back);
    }
    const probability = count === 0 ? 0 : outs.length / count;
    if (outs.length === 0) return RENEWS;
    outs.sort((a, b) => a - b);
    const quantile = (part: number) => outs[Math.min(outs.length - 1, Math.floor(part * outs.length))] ?? null;
    const medianAt = probability < 0.5 ? null : quantile(0.5 / probability);
    return { probability, earliestAt: quantile(0.1), medianAt, latestAt: quantile(0.9) };
  },
  /** The bot's own. */
  forecast: (series) => {
    const forecast = createForecaster(series);
    return ({ window, askedAt }) => forecast(window, askedAt) ?? RENEWS;
  },
};
