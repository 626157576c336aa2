import type { ProviderErrorReason, QuotaReading } from "../provider.js";
import { type HeaderWindow, OTHER_REFUSALS, REFUSAL_WINDOWS } from "./quota-tables.js";
import type { QuotaViolation, Refusal } from "./read-refusal.js";
import { parseDuration, retryAfterMs } from "./retry-after.js";
import type { ResponseHeaders } from "./send-request.js";

interface ReadTerms {
  /** Epoch ms. */
  readonly now: number;
  /** Which model was asked. */
  readonly model: string;
}

/** A reading without what is unknown; `model` only where the window is one model's. */
function reading(
  kind: Pick<QuotaReading, "name" | "scope" | "unit" | "period" | "source"> & { readonly model?: string },
  amounts: { readonly [K in "limit" | "used" | "remaining" | "resetAt"]?: number | undefined },
  { now, model, isRefused }: ReadTerms & { readonly isRefused: boolean },
): QuotaReading {
  const { name, scope, unit, period, source } = kind;
  const known = Object.fromEntries(Object.entries(amounts).filter(([, amount]) => amount !== undefined));
  return {
    ...{ name, scope, unit, period, source },
    ...(scope === "model" && { model: kind.model ?? model }),
    ...known,
    observedAt: now,
    ...(isRefused && { isRefused: true as const }),
  };
}

/** Reads what an answer's headers say of its account's quotas; undefined where they say nothing. */
export function readQuotaHeaders(
  table: readonly HeaderWindow[],
  headers: ResponseHeaders,
  terms: ReadTerms,
): readonly QuotaReading[] | undefined {
  const read = (rows: readonly HeaderWindow[]) => rows.flatMap((row) => headerReading(row, headers, terms) ?? []);
  const first = read(table.filter(({ isLast }) => !isLast));
  const found = first.length > 0 ? first : read(table.filter(({ isLast }) => isLast));
  return found.length > 0 ? found : undefined;
}

function headerReading(row: HeaderWindow, headers: ResponseHeaders, terms: ReadTerms): QuotaReading | undefined {
  const of = (name: string | undefined) => (name === undefined ? undefined : (headers.get(name)?.trim() ?? undefined));
  const [limitText, remaining] = [of(row.limit), count(of(row.remaining))];
  const utilization = fraction(of(row.utilization));
  const resetAt = resetTime(of(row.reset), terms.now);
  const isRefused = of(row.status) === "rejected";
  if (row.limit === undefined) {
    const isTold = utilization !== undefined || isRefused || (row.utilization === undefined && resetAt !== undefined);
    const amounts = utilization !== undefined && {
      limit: 1,
      used: utilization,
      remaining: Math.max(0, 1 - utilization),
    };
    return isTold ? reading({ ...row, source: "header" }, { ...amounts, resetAt }, { ...terms, isRefused }) : undefined;
  }
  const limit = count(limitText);
  // A limit of 0 or -1 means that the server does not know (Azure).
  if (remaining === undefined || (limitText !== undefined && !limit)) return undefined;
  return reading({ ...row, source: "header" }, { limit, remaining, resetAt }, { ...terms, isRefused });
}

/** A count from a header; vendors write -1 for "unknown". */
const count = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;

const fraction = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d*\.?\d+$/.test(text) ? Number(text) : undefined;

/** Reads a duration, a date, or epoch seconds or ms. */
function resetTime(text: string | undefined, now: number): number | undefined {
  if (text === undefined || text === "") return undefined;
  const number = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (number > 1e12) return number;
  if (number > 1e9) return number * 1_000;
  const durationMs = parseDuration(text);
  if (durationMs !== undefined) return now + durationMs;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}

/** Returns the quotas that a refusal names; those that it was made for bear `isRefused`. */
export function readQuotaRefusal(
  refusal: Refusal,
  reason: ProviderErrorReason,
  { table, ...terms }: ReadTerms & { readonly table: readonly HeaderWindow[] },
): readonly QuotaReading[] | undefined {
  const fromHeaders = (refusal.headers && readQuotaHeaders(table, refusal.headers, terms)) ?? [];
  if (reason !== "quota" && reason !== "spend-cap" && reason !== "rate-limited") {
    return fromHeaders.length > 0 ? fromHeaders : undefined;
  }
  const named = namedWindows(refusal, terms);
  const isTold = named.length > 0 || fromHeaders.some(isEmpty);
  const other = isTold ? [] : otherWindow(refusal, reason, terms);
  const emptied = fromHeaders.map((each) => (isEmpty(each) ? { ...each, isRefused: true as const } : each));
  const found = merged([...emptied, ...named, ...other]);
  return found.length > 0 ? found : undefined;
}

const isEmpty = ({ remaining, isRefused }: QuotaReading) => remaining === 0 || isRefused === true;

/** One reading a window: what headers and words say of the same one belongs together. */
function merged(readings: readonly QuotaReading[]): readonly QuotaReading[] {
  const byWindow = new Map<string, QuotaReading>();
  for (const each of readings) {
    const key = [each.name, each.model, each.period].join("/");
    byWindow.set(key, { ...byWindow.get(key), ...each });
  }
  return [...byWindow.values()];
}

/** What the vendor's words name: Google's violations, else the first row that fits. */
function namedWindows(refusal: Refusal, terms: ReadTerms): readonly QuotaReading[] {
  const { violations = [], said } = refusal;
  const google = violations.flatMap((violation) => violationWindow(violation, refusal, terms));
  if (google.length > 0) return google;
  const row = REFUSAL_WINDOWS.find(({ pattern }) => pattern.test(said));
  if (row === undefined) return [];
  const amounts = { ...amountsIn(said), resetAt: renewalOf(refusal, terms.now) };
  return [reading({ ...row, source: "error" }, amounts, { ...terms, isRefused: true })];
}

/** "Limit 100000, Used 99893", as OpenAI and Groq write. */
function amountsIn(said: string): { readonly limit?: number; readonly used?: number } {
  const [, limit, used] = /\blimit:? ([\d,]+),? used:? ([\d,]+)/i.exec(said) ?? [];
  if (limit === undefined || used === undefined) return {};
  return { limit: Number(limit.replaceAll(",", "")), used: Number(used.replaceAll(",", "")) };
}

function renewalOf({ headers, renewalMs }: Refusal, now: number): number | undefined {
  const waitMs = retryAfterMs(headers, now) ?? renewalMs;
  return waitMs === undefined ? undefined : now + waitMs;
}

/** Who has to wait for longer has met another limit than that of a minute. */
const LONGEST_MINUTE_MS = 90_000;

/** A rate limit counts only where it is known when it ends: nobody waits for an unknown time. */
function otherWindow(refusal: Refusal, reason: keyof typeof OTHER_REFUSALS, terms: ReadTerms): readonly QuotaReading[] {
  const resetAt = renewalOf(refusal, terms.now);
  if (reason === "rate-limited" && resetAt === undefined) return [];
  const isLong = reason === "rate-limited" && (resetAt ?? 0) - terms.now > LONGEST_MINUTE_MS;
  const kind = { ...OTHER_REFUSALS[reason], ...(isLong && { period: "hour" as const }), source: "error" } as const;
  return [reading(kind, { resetAt }, { ...terms, isRefused: true })];
}

const GOOGLE_PERIODS: readonly (readonly [pattern: RegExp, period: QuotaReading["period"]])[] = [
  [/PerMinute/, "minute"],
  [/PerHour/, "hour"],
  [/PerDay/, "day"],
  [/PerMonth/, "month"],
];

/** https://ai.google.dev/gemini-api/docs/rate-limits: a `QuotaFailure`; a limit of 0 means: not in this plan. */
function violationWindow(violation: QuotaViolation, refusal: Refusal, terms: ReadTerms): readonly QuotaReading[] {
  const { quotaId, quotaValue, model } = violation;
  const period = GOOGLE_PERIODS.find(([pattern]) => pattern.test(quotaId))?.[1];
  if (period === undefined) return [];
  const isOfPlan = quotaValue !== 0 && !/limit: 0\b/.test(refusal.said);
  const isTokens = /token/i.test(quotaId);
  const kind = {
    name: isTokens ? (/input/i.test(quotaId) ? "input tokens" : "tokens") : "requests",
    scope: /PerModel/.test(quotaId) || model !== undefined ? "model" : "account",
    unit: isTokens ? "tokens" : "requests",
    period: isOfPlan ? period : "none",
    source: "error",
  } as const;
  // The delay that comes with the limit of a day is that of a minute.
  const resetAt = period === "day" ? nextPacificMidnight(terms.now) : renewalOf(refusal, terms.now);
  const amounts = { limit: isOfPlan ? quotaValue : 0, resetAt: isOfPlan ? resetAt : undefined };
  return [reading(kind, amounts, { ...terms, isRefused: true })];
}

const PACIFIC = {
  timeZone: "America/Los_Angeles",
  hourCycle: "h23",
  hour: "numeric",
  minute: "numeric",
  second: "numeric",
} as const;

/** When Google's day ends: midnight in California. */
function nextPacificMidnight(now: number): number {
  const hourMs = 3_600_000;
  const clocks = new Intl.DateTimeFormat("en-US", PACIFIC);
  /** Since midnight there, by its clocks. */
  const since = (at: number) => {
    const parts = new Map(clocks.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
    return (parts.get("hour") ?? 0) * hourMs + (parts.get("minute") ?? 0) * 60_000 + (parts.get("second") ?? 0) * 1_000;
  };
  const whole = now - (now % 1_000);
  const guess = whole + 24 * hourMs - since(whole);
  // The two days a year that are an hour longer or shorter.
  const late = since(guess);
  return late === 0 ? guess : late < 12 * hourMs ? guess - late : guess + 24 * hourMs - late;
}
