import type { RateLimit } from "../provider.js";

type Kind = RateLimit["kind"];

/** A count from a header; vendors write -1 for "unknown". */
function count(text: string | null): number | undefined {
  return text !== null && /^\d+$/.test(text.trim()) ? Number(text) : undefined;
}

function rateLimit(kind: Kind, limit: number | undefined, remaining: number | undefined, resetAt: number | undefined) {
  return {
    kind,
    ...(limit !== undefined && { limit }),
    ...(remaining !== undefined && { remaining }),
    ...(resetAt !== undefined && { resetAt }),
  };
}

const DURATION = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?$/;

/** Reads "12ms", "1s", "6m0s" or plain seconds; the answer is in ms. */
export function parseDuration(text: string): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const match = text === "" ? null : DURATION.exec(text);
  if (match === null) return undefined;
  const [days = 0, hours = 0, minutes = 0, seconds = 0, ms = 0] = match.slice(1).map((part) => Number(part ?? 0));
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000 + ms;
}

/** OpenAI's `x-ratelimit-*` headers. A limit of 0 or -1 means that the server does not know (Azure). */
export function openAiRateLimits(headers: Headers, now: number): readonly RateLimit[] | undefined {
  const limits = (["requests", "tokens"] as const).flatMap((kind): RateLimit[] => {
    const limitText = headers.get(`x-ratelimit-limit-${kind}`);
    const limit = count(limitText);
    const remaining = count(headers.get(`x-ratelimit-remaining-${kind}`));
    if (remaining === undefined || (limitText !== null && !limit)) return [];
    const resetMs = parseDuration(headers.get(`x-ratelimit-reset-${kind}`)?.trim() ?? "");
    return [rateLimit(kind, limit, remaining, resetMs === undefined ? undefined : now + resetMs)];
  });
  return limits.length > 0 ? limits : undefined;
}

/** Anthropic's `anthropic-ratelimit-*` headers; their resets are RFC 3339 times. */
export function anthropicRateLimits(headers: Headers): readonly RateLimit[] | undefined {
  const kinds = ["requests", "tokens", "input-tokens", "output-tokens"] as const;
  const limits = kinds.flatMap((kind): RateLimit[] => {
    const header = (field: string) => headers.get(`anthropic-ratelimit-${kind}-${field}`);
    const limit = count(header("limit"));
    const remaining = count(header("remaining"));
    if (limit === undefined && remaining === undefined) return [];
    const resetAt = Date.parse(header("reset") ?? "");
    return [rateLimit(kind, limit, remaining, Number.isNaN(resetAt) ? undefined : resetAt)];
  });
  return limits.length > 0 ? limits : undefined;
}

/** Returns how long the provider asks to wait, in ms, from its headers; undefined where it does not say. */
export function retryAfterMs(headers: Headers | undefined, now: number): number | undefined {
  const exact = Number.parseFloat(headers?.get("retry-after-ms") ?? "");
  if (Number.isFinite(exact) && exact >= 0) return exact;
  const text = headers?.get("retry-after")?.trim() ?? "";
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const at = text === "" ? Number.NaN : Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(at - now, 0);
}
