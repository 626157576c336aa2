import { calendarWindow, DAY_MS } from "../../base/time.js";
import type { ProviderId, QuotaPeriod, QuotaReading } from "../../providers/provider.js";

/** One limit of an account that renews, as it is known here. Amounts are in `unit`; unset is unknown. */
export interface QuotaWindow extends Omit<QuotaReading, "source" | "isRefused"> {
  readonly provider: ProviderId;
  /** Where the amounts come from; `budget`: a ceiling of the operator's own, counted from the ledger. */
  readonly source: QuotaReading["source"] | "budget";
  /** When the vendor last refused a request because of it. */
  readonly refusedAt?: number;
  /** When it was last seen to let requests through, as by an answer. */
  readonly healthyAt?: number;
  /** When it was last judged whether it is at risk, and since when it is. */
  readonly risk?: { readonly judgedAt: number; readonly since?: number };
}

const HOUR_MS = 3_600_000;
const PERIOD_MS: Readonly<Record<QuotaPeriod, number>> = {
  minute: 60_000,
  hour: HOUR_MS,
  "5h": 5 * HOUR_MS,
  day: DAY_MS,
  week: 7 * DAY_MS,
  month: 30 * DAY_MS,
  none: Number.POSITIVE_INFINITY,
};
/** A window of that length or more is worth a forecast: what is shorter is over before anybody would act on one. */
export const LEAST_FORECAST_MS = DAY_MS;
export const lengthOf = ({ period }: Pick<QuotaWindow, "period">): number => PERIOD_MS[period];

/** Names a window among those of all accounts. */
export const windowKey = ({
  provider,
  model = "",
  name,
  period,
}: Pick<QuotaWindow, "provider" | "model" | "name" | "period">): string => [provider, model, name, period].join("|");

/** Whether it limits a model: the account's windows limit all of its provider. */
export function limits({ scope, model = "" }: Pick<QuotaWindow, "scope" | "model">, asked: string): boolean {
  if (scope === "account") return true;
  return model.startsWith("*") ? asked.endsWith(model.slice(1)) : model === asked;
}

/** When it renews, so far as is known; infinite where it does not by itself. */
export const windowEnd = (window: QuotaWindow): number =>
  window.resetAt ?? Math.max(window.observedAt, window.refusedAt ?? 0) + lengthOf(window);

/** When it began; undefined where nobody tells when it ends. */
export function windowStart(window: QuotaWindow): number | undefined {
  const { resetAt, period } = window;
  if (resetAt === undefined || period === "none") return undefined;
  // A calendar month, where it ends with one.
  const month = calendarWindow("month", resetAt - 1);
  return period === "month" && month.endsAt === resetAt ? month.startsAt : resetAt - lengthOf(window);
}

/** What it is now: after its renewal nothing is known of what was used. */
export function windowAt(window: QuotaWindow, now: number): QuotaWindow {
  if (now < windowEnd(window)) return window;
  const { used: _used, remaining: _remaining, resetAt: _resetAt, refusedAt: _refusedAt, ...rest } = window;
  return rest;
}

export const usedOf = ({ used, limit, remaining }: QuotaWindow): number | undefined =>
  used ?? (limit !== undefined && remaining !== undefined ? limit - remaining : undefined);

/** The part that is used, 0 to 1. */
export function usedShare(window: QuotaWindow): number | undefined {
  const used = usedOf(window);
  return used === undefined || !window.limit ? undefined : Math.min(1, Math.max(0, used / window.limit));
}

const isRefused = ({ refusedAt, healthyAt = 0 }: QuotaWindow): boolean =>
  refusedAt !== undefined && refusedAt > healthyAt;

/** After the vendor's refusal, at 0 remaining of a known positive limit, or when a budget is used up. */
export function isOut(window: QuotaWindow, now: number): boolean {
  const { limit = 0, remaining, used, source } = windowAt(window, now);
  if (source === "budget") return (used ?? 0) >= limit;
  if (now < windowEnd(window) && isRefused(window)) return true;
  return limit > 0 && remaining !== undefined && remaining <= 0;
}

/** How long a minute's window may be waited for. */
const LONGEST_WAIT_MS = 60_000;

/** When a window of a minute that is out may be asked again: it is waited for, and stops nothing. */
export const waitUntil = (window: QuotaWindow): number =>
  Math.min(windowEnd(window), Math.max(window.observedAt, window.refusedAt ?? 0) + LONGEST_WAIT_MS);

/** Takes a reading in: new amounts replace the old ones; a refusal stays until something is let through. */
export function withReading(before: QuotaWindow | undefined, provider: ProviderId, reading: QuotaReading): QuotaWindow {
  const { isRefused: refusal, ...told } = reading;
  if (before !== undefined && before.observedAt > reading.observedAt) return before;
  const isSame = before !== undefined && reading.observedAt < windowEnd(before);
  // A balance in another currency has no amount, but its endpoint says whether there is any.
  const isHealthy = !refusal && (reading.remaining ?? (reading.source === "endpoint" ? 1 : 0)) > 0;
  const { limit, resetAt } = (isSame && before) || {};
  return {
    provider,
    ...(limit !== undefined && { limit }),
    ...(resetAt !== undefined && reading.source === "error" && { resetAt }),
    ...kept(before),
    ...told,
    ...(refusal && { refusedAt: reading.observedAt }),
    ...(isHealthy && { healthyAt: reading.observedAt }),
  };
}

const kept = (window: QuotaWindow | undefined): Pick<QuotaWindow, "refusedAt" | "healthyAt" | "risk"> => ({
  ...(window?.refusedAt !== undefined && { refusedAt: window.refusedAt }),
  ...(window?.healthyAt !== undefined && { healthyAt: window.healthyAt }),
  ...(window?.risk !== undefined && { risk: window.risk }),
});

/** An answer came that was asked for after a refusal: what refused does so no more. */
export function withSuccess(window: QuotaWindow, askedAt: number): QuotaWindow {
  const { remaining, ...rest } = window;
  const isEmpty = remaining !== undefined && remaining <= 0 && window.observedAt < askedAt;
  if (!isEmpty && !(isRefused(window) && (window.refusedAt ?? 0) < askedAt)) return window;
  return { ...(isEmpty ? rest : window), healthyAt: askedAt };
}

/** What two replicas know of one window, together. */
export function mergedWindow(one: QuotaWindow, other: QuotaWindow): QuotaWindow {
  const [older, newer] = one.observedAt <= other.observedAt ? [one, other] : [other, one];
  const latest = (name: "refusedAt" | "healthyAt") => Math.max(one[name] ?? 0, other[name] ?? 0);
  const [refusedAt, healthyAt] = [latest("refusedAt"), latest("healthyAt")];
  const risk = mergedRisk(older.risk, newer.risk);
  return {
    ...newer,
    ...(refusedAt > 0 && { refusedAt }),
    ...(healthyAt > 0 && { healthyAt }),
    ...(risk && { risk }),
  };
}

function mergedRisk(one: QuotaWindow["risk"], other: QuotaWindow["risk"]): QuotaWindow["risk"] {
  if (one === undefined || other === undefined) return one ?? other;
  const newer = one.judgedAt > other.judgedAt ? one : other;
  if (one.since === undefined || other.since === undefined) return newer;
  return { ...newer, since: Math.min(one.since, other.since) };
}
