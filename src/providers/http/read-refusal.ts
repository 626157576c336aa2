import { parseDuration } from "./retry-after.js";
import type { ResponseHeaders } from "./send-request.js";

/** What a vendor said when it refused, in whichever dialect it came. */
export interface Refusal {
  /** HTTP status, or the one that an error inside a 200 names. */
  readonly status?: number | undefined;
  readonly headers?: ResponseHeaders | undefined;
  /** The vendor's own words for people, from the innermost error; "" where there are none. */
  readonly message: string;
  /** All its codes, types and messages, from every level, one a line: what the reason is judged by. */
  readonly said: string;
  /** A web page came instead of an error. */
  readonly isWebPage?: boolean;
  /** How long until it may be asked again, in ms, as its body says. */
  readonly renewalMs?: number | undefined;
  /** The quotas that Google names. */
  readonly violations?: readonly QuotaViolation[];
}

/** One of a `google.rpc.QuotaFailure`, as "GenerateRequestsPerDayPerProjectPerModel-FreeTier". */
export interface QuotaViolation {
  readonly quotaId: string;
  readonly quotaValue?: number;
  readonly model?: string;
}

export type Fields = Readonly<Record<string, unknown>>;

/** Returns the fields of an object, and none of anything else: what a vendor sends is not trusted. */
export const fieldsOf = (value: unknown): Fields =>
  typeof value === "object" && value !== null ? (value as Fields) : {};

/** The first choice of a chat completion; some gateways send an object instead of a list. Undefined where none is. */
export function firstChoice(choices: unknown): unknown {
  if (Array.isArray(choices)) return choices[0];
  const { 0: first, ...others } = fieldsOf(choices);
  return first ?? (isFilled(others) ? others : undefined);
}

const textOf = (value: unknown): string | undefined =>
  typeof value === "string" && value.trim() !== "" ? value : undefined;

/** Longer texts are pages or dumps, and what matters stands at their beginning. */
const MAX_READ_CHARS = 8_000;
/** A gateway wraps an upstream's error, which may be wrapped itself. */
const MAX_LEVELS = 4;

/**
 * Returns the error that a body or event with a good status holds, undefined where it holds none: `{"error": …}`,
 * `{"object": "error"}`, `{"type": "error"}`, `{"detail": …}`, `choices[0].error`, MiniMax's `base_resp`,
 * Cloudflare's `success: false`, a list of one of these.
 */
export function errorIn(body: unknown): unknown {
  const first = fieldsOf(Array.isArray(body) ? body[0] : body);
  if (isFilled(first.error)) return first;
  if (first.object === "error" || first.type === "error" || first.status === "error") return first;
  const choice = firstChoice(first.choices);
  const { error } = fieldsOf(choice);
  if (isFilled(error)) return { error };
  const { status_code: code, status_msg: message } = fieldsOf(first.base_resp);
  if (typeof code === "number" && code !== 0) return { error: { message, code } };
  if (choice !== undefined) return undefined;
  if (isFilled(first.error_message) || isFilled(first.error_type)) return first;
  if (isFilled(first.detail) || isFilled(first.errors) || first.success === false) return first;
  const hasMessage = textOf(first.message ?? first.msg) !== undefined;
  return hasMessage && ("code" in first || "status" in first || "statusCode" in first) ? first : undefined;
}

const isFilled = (value: unknown): boolean =>
  typeof value === "object" && value !== null ? Object.keys(value).length > 0 : textOf(value) !== undefined;

/** Reads the body of an error: text as it came, or what `errorIn` found. */
export function readRefusal(
  body: unknown,
  { status, headers, now }: { readonly status?: number; readonly headers?: ResponseHeaders; readonly now: number },
): Refusal {
  const about = { ...(headers && { headers }) };
  if (typeof body === "string" && /^\s*</.test(body)) {
    const title = pageWords(body);
    return { ...about, status, message: title, said: title, isWebPage: true };
  }
  const levels = [...levelsOf(body, MAX_LEVELS)];
  const said = [...new Set(levels.flatMap(({ codes, message = "" }) => [...codes, message]))].join("\n");
  const violations = levels.flatMap(({ fields }) => violationsIn(fields).flatMap((each) => quotaViolation(each) ?? []));
  return {
    ...about,
    status: status !== undefined && status >= 300 ? status : levels.map(statusOf).find((found) => found !== undefined),
    message: levels.findLast(({ message }) => message !== undefined)?.message ?? "",
    said: said.slice(0, MAX_READ_CHARS),
    renewalMs: renewalIn(levels, said, now),
    ...(violations.length > 0 && { violations }),
  };
}

export interface RefusedResponse {
  readonly status: number;
  readonly headers: ResponseHeaders;
  readonly body: Promise<AsyncIterable<Uint8Array>>;
}

/** Reads the refusal that a response is. */
export async function refusalIn({ status, headers, body }: RefusedResponse, now: number): Promise<Refusal> {
  return readRefusal(await startOf(body), { status, headers, now });
}

const MAX_ERROR_CHARS = 64 * 1024;

/** An error's text is short; of a longer one the beginning says enough. */
async function startOf(body: RefusedResponse["body"]): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const chunk of await body) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > MAX_ERROR_CHARS) break;
    }
  } catch {
    return text; // the status says enough
  }
  return text;
}

/** A page's title is the most that it tells: "502 Bad Gateway", "Attention Required! | Cloudflare". */
const pageWords = (page: string) => /<title[^>]*>([^<]{0,200})/i.exec(page)?.[1]?.trim() ?? "";

interface Level {
  readonly fields: Fields;
  readonly codes: readonly string[];
  readonly message: string | undefined;
}

/** The outermost error first; an inner one is JSON inside the message, or what a gateway got (`metadata.raw`). */
function* levelsOf(value: unknown, left: number): Generator<Level> {
  if (left === 0) return;
  const parsed = typeof value === "string" ? (jsonIn(value) ?? value) : value;
  if (typeof parsed === "string") {
    const message = pythonMessage(parsed) ?? textOf(parsed)?.slice(0, MAX_READ_CHARS);
    return yield { fields: {}, codes: [], message };
  }
  const outer = fieldsOf(Array.isArray(parsed) ? parsed[0] : parsed);
  const inner = [outer.error, outer.errors].map((each) => (Array.isArray(each) ? each[0] : each)).find(isFilled);
  const fields: Fields = typeof inner === "object" ? fieldsOf(inner) : outer;
  const message = [
    typeof inner === "string" ? inner : undefined,
    fields.message,
    fields.msg,
    fields.detail,
    fields.error_description,
    fields.error_message,
    fields.error_msg,
    fields.error,
    outer.message,
  ].find(isFilled);
  const words = typeof message === "string" ? message : message === undefined ? undefined : JSON.stringify(message);
  yield { fields, codes: codesOf(outer, fields), message: words?.slice(0, MAX_READ_CHARS) };
  const { raw } = fieldsOf(fields.metadata);
  if (isFilled(raw)) yield* levelsOf(raw, left - 1);
  else if (typeof message === "string" && (jsonIn(message) ?? pythonMessage(message)) !== undefined) {
    yield* levelsOf(message, left - 1);
  } else if (typeof message === "object" && !Array.isArray(message)) yield* levelsOf(message, left - 1);
}

function codesOf(outer: Fields, fields: Fields): readonly string[] {
  const details = detailsIn(fields);
  return [
    outer.type,
    fields.code,
    fields.type,
    fields.status,
    fields.reason,
    fields.param,
    fields.error_type,
    fieldsOf(fields.innererror).code,
    ...details.flatMap(({ error_code, reason }) => [error_code, reason]),
    ...(Array.isArray(fields.error_chain) ? fields.error_chain.map((each) => fieldsOf(each).message) : []),
    ...violationsIn(fields).map(({ quotaId }) => quotaId),
  ].filter((code): code is string => textOf(code) !== undefined && code !== "error");
}

const detailsIn = ({ details }: Fields): readonly Fields[] =>
  Array.isArray(details) ? details.map(fieldsOf) : [fieldsOf(details)];

const violationsIn = (fields: Fields): readonly Fields[] =>
  detailsIn(fields).flatMap(({ violations }) => (Array.isArray(violations) ? violations.map(fieldsOf) : []));

function quotaViolation({ quotaId, quotaValue, quotaDimensions }: Fields): QuotaViolation | undefined {
  if (typeof quotaId !== "string") return undefined;
  const value = Number(quotaValue ?? Number.NaN);
  const model = textOf(fieldsOf(quotaDimensions).model);
  return { quotaId, ...(Number.isFinite(value) && { quotaValue: value }), ...(model !== undefined && { model }) };
}

/** OpenRouter and others put an HTTP status into the code of an error inside a 200. */
function statusOf({ fields, codes }: Level): number | undefined {
  const status = [fields.code, fields.status, fields.statusCode, fields.http_code].map(Number);
  const isServers = codes.some((code) => /^(server_error|api_error|internal_server_error)$/.test(code));
  return status.find((code) => Number.isInteger(code) && code >= 400 && code < 600) ?? (isServers ? 500 : undefined);
}

/** Returns the JSON that a text is, or ends with: `litellm.BadRequestError: OpenAIException - {"error": …}`. */
function jsonIn(text: string): object | undefined {
  const from = text.search(/[{[]/);
  if (from < 0 || text.length > MAX_READ_CHARS) return undefined;
  try {
    const value: unknown = JSON.parse(text.slice(from));
    return typeof value === "object" && value !== null && isFilled(value) ? value : undefined;
  } catch {
    return undefined; // words with a bracket in them
  }
}

/** Gateways in Python print what they got: `Error code: 400 - {'error': {'message': 'No', 'type': …}}`. */
const pythonMessage = (text: string) =>
  /\{'[\s\S]*?'message': (?:'([^']+)'|"([^"]+)")/.exec(text)?.slice(1).find(Boolean);

const UNIT = "(?:milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d)(?![a-z])";
const DURATION = `(?:\\d+(?:\\.\\d+)?\\s*${UNIT}[\\s,]*(?:and\\s+)?)+`;
const RENEWAL = new RegExp(
  `(?:try again|retry|retried|resets?|renews?|wait|available|back off)\\b[^.\\n\\d]{0,40}(${DURATION})`,
  "i",
);
/** A time with its zone: "resets at: 2026-01-05 12:00:41 UTC", "regain access on 2026-02-01 at 00:00 UTC". */
const RENEWAL_AT = new RegExp(
  [
    "(?:again|resets?|renews?|available|access)\\b[^.\\n\\d]{0,20}(\\d{4}-\\d\\d-\\d\\d)(?:T| at | )",
    "(\\d\\d:\\d\\d(?::\\d\\d)?(?:\\.\\d+)?) ?(UTC|Z|[+-]\\d\\d:?\\d\\d)",
  ].join(""),
  "i",
);
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** "7m12.5s", "2 hours and 5 minutes", in ms. */
const durationMs = (text: string): number =>
  [...text.matchAll(/(\d+(?:\.\d+)?)\s*(ms|milli|s|m|h|d)/gi)].reduce(
    (sum, [, count, unit = ""]) =>
      sum + Number(count) * (UNIT_MS[/^m(s|illi)$/i.test(unit) ? "ms" : unit.toLowerCase()] ?? 0),
    0,
  );

/** Fields that hold seconds. */
const WAITS = ["retry_after", "retryAfter", "retry_after_seconds", "resets_in_seconds", "estimated_time"] as const;

function renewalIn(levels: readonly Level[], said: string, now: number): number | undefined {
  for (const { fields } of levels) {
    const details = Array.isArray(fields.details) ? fields.details.map(fieldsOf) : [];
    const delay = details.map(({ retryDelay }) => textOf(retryDelay)).find((text) => text !== undefined);
    const exact = delay === undefined ? undefined : parseDuration(delay);
    if (exact !== undefined) return exact;
    const { metadata, retry_after_ms: exactMs } = fields;
    if (typeof exactMs === "number" && exactMs >= 0) return exactMs;
    const seconds = WAITS.map((name) => fields[name]).find((value) => /^\d+(\.\d+)?$/.test(String(value)));
    if (seconds !== undefined) return Number(seconds) * 1_000;
    const headers = fieldsOf(fieldsOf(metadata).headers);
    const at = timeOf(fields.resets_at ?? fields.reset_at ?? headers["X-RateLimit-Reset"]);
    if (at !== undefined) return Math.max(at - now, 0);
  }
  const [, words] = RENEWAL.exec(said) ?? [];
  if (words !== undefined) return durationMs(words);
  const [, day, time, zone = ""] = RENEWAL_AT.exec(said) ?? [];
  return day === undefined ? undefined : Math.max(Date.parse(`${day}T${time}${zone.replace("UTC", "Z")}`) - now, 0);
}

/** A time as seconds or ms since 1970, or as text. */
function timeOf(value: unknown): number | undefined {
  const number = typeof value === "number" || /^\d+$/.test(`${value}`) ? Number(value) : Number.NaN;
  if (number > 1e12) return number;
  if (number > 1e9) return number * 1_000;
  const at = typeof value === "string" && Number.isNaN(number) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}
