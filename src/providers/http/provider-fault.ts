import { createScrubber } from "../../base/log.js";
import { cutText } from "../../base/text.js";
import {
  type ChatRequest,
  ProviderError,
  type ProviderErrorReason,
  type ProviderId,
  type QuotaReading,
} from "../provider.js";
import type { HeaderWindow } from "./quota-tables.js";
import { readQuotaRefusal } from "./read-quota.js";
import type { Refusal } from "./read-refusal.js";
import { reasonOf } from "./refusal-reason.js";
import { retryAfterMs } from "./retry-after.js";

/** What was being done when something went wrong. */
export interface FaultContext {
  readonly provider: ProviderId;
  readonly key: string | undefined;
  /** Epoch ms. */
  readonly now: number;
  /** The chat that was asked for; undefined for the list. */
  readonly request?: ChatRequest | undefined;
  readonly hasText?: boolean;
  /** Whether the list came with the same key. */
  readonly hasListed?: boolean;
  /** The vendor's headers about quotas. */
  readonly quotaHeaders?: readonly HeaderWindow[];
}

const MAX_VENDOR_CHARS = 200;
/** Characters in common from which a text counts as a quotation. */
const QUOTED_CHARS = 16;
const SHORTEST_QUOTED_CHARS = 6;

const PHRASES: Partial<Record<ProviderErrorReason, string>> = {
  auth: "refused the key",
  "no-access": "does not let this key use the model",
  "rate-limited": "is limiting the rate of requests",
  quota: "says that a quota is used up",
  overloaded: "is overloaded",
  loading: "is still loading the model",
  "out-of-memory": "has too little memory for the model",
  "spend-cap": "says that the account's budget is used up",
  "not-for-chat": "refused the model for chat",
  "content-refused": "refused the content",
  "context-too-long": "says that the conversation is too long for the model",
  "bad-request": "refused the request",
  address: "has nothing at this address; check its base URL",
  malformed: "answered with something that is not a chat answer",
  "cut-off": "ended its answer too early",
};

/**
 * Returns the error for a vendor's refusal. Its own words are added only where they hold neither the key nor anything
 * of the conversation; its error object is not kept as a cause, because a log would print all of it.
 */
export function refusalError(refusal: Refusal, context: FaultContext): ProviderError {
  const { provider, request, now, quotaHeaders: table = [] } = context;
  const reason = reasonOf(refusal, request ? "chat" : "list", context.hasListed);
  const phrase = reason === "unknown-model" ? `does not know the model "${request?.model}"` : PHRASES[reason];
  const status = refusal.status === undefined ? "" : ` (${refusal.status})`;
  // Vendors repeat a part of a refused key.
  const words = reason === "auth" ? "" : vendorWords(refusal.message, context);
  const limits = request && readQuotaRefusal(refusal, reason, { table, now, model: request.model });
  return new ProviderError(
    provider,
    reason,
    `${provider} ${phrase ?? "answered with an error"}${status}${words && `: ${words}`}`,
    {
      status: refusal.status,
      retryAfterMs: retryAfterMs(refusal.headers, now) ?? refusedUntil(limits, now) ?? refusal.renewalMs,
      limits,
      words: words || undefined,
    },
  );
}

/** How long until the last of the used-up windows renews, in ms. */
function refusedUntil(limits: readonly QuotaReading[] | undefined, now: number): number | undefined {
  const resets = (limits ?? []).flatMap(({ isRefused, remaining, resetAt }) =>
    (isRefused || remaining === 0) && resetAt ? [resetAt - now] : [],
  );
  return resets.length === 0 ? undefined : Math.max(...resets, 0);
}

const NETWORK_PHRASES: readonly (readonly [RegExp, string])[] = [
  [/^ECONNREFUSED$/, "could not be reached: the connection was refused"],
  [/^(ENOTFOUND|EAI_AGAIN)$/, "could not be reached: its address was not found"],
  [/CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO_/, "could not be reached: its certificate is not trusted"],
  [/^(ENETUNREACH|EHOSTUNREACH|ENETDOWN)$/, "could not be reached: there is no network"],
];

/**
 * Returns the error for a connection that failed; once text was there, the answer was cut off. Reads the chain of
 * causes, since fetch itself only says "fetch failed"; what it keeps of it is a system code, never an address or a
 * body.
 */
export function connectionError(error: unknown, { provider, hasText }: FaultContext): ProviderError {
  const chain: Error[] = [];
  for (let link = error; link instanceof Error && chain.length < 5; link = link.cause) chain.push(link);
  const code = chain.map((link) => ("code" in link ? String(link.code) : "")).find((text) => /^[A-Z_0-9]+$/.test(text));
  const cause = code === undefined ? undefined : new Error(code);
  // zlib's own codes: bytes came, and were not what their headers say.
  if (/^Z_|^ERR_.*(BROTLI|ERROR_FORMAT)/.test(code ?? ""))
    return plainError(provider, "malformed", "sent an answer that cannot be unpacked", cause);
  if (/TIMEDOUT|TIMEOUT/.test(code ?? "") || chain.some(({ message }) => /timed? ?out/i.test(message))) {
    return plainError(provider, "timeout", "gave no answer in time", cause);
  }
  if (hasText) return plainError(provider, "cut-off", undefined, cause);
  const phrase = NETWORK_PHRASES.find(([pattern]) => pattern.test(code ?? ""))?.[1];
  return plainError(provider, "network", phrase ?? "closed the connection", cause);
}

/** Returns an error in our words only. */
export function plainError(provider: ProviderId, reason: ProviderErrorReason, phrase?: string, cause?: Error) {
  return new ProviderError(provider, reason, `${provider} ${phrase ?? PHRASES[reason]}`, { cause });
}

/** A redirect would carry key and conversation to another host, so none is followed. */
export const redirectError = (provider: ProviderId, status: number) =>
  new ProviderError(
    provider,
    "address",
    `${provider} answered with a redirect (${status}), which is not followed; set its final address`,
    { status },
  );

/** Adds what the headers of a stream said to an error that came later. */
export function withLimits(fault: ProviderError, limits: ProviderError["limits"]): ProviderError {
  if (fault.limits !== undefined || limits === undefined) return fault;
  const { provider, reason, message, status, retryAfterMs: waitMs, cause, words } = fault;
  return new ProviderError(provider, reason, message, { status, retryAfterMs: waitMs, cause, limits, words });
}

/** Returns a vendor's words without secrets, and shortened; "" where they are markup or quote the conversation. */
function vendorWords(message: string, { key, request }: FaultContext): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  const text = message.replace(/[\s\u0000-\u001f\u007f]+/g, " ").trim();
  if (text === "" || /[<{]/.test(text[0] ?? "")) return "";
  const scrubbed = key === undefined ? text : withoutParts(createScrubber([key])(text), key);
  const said = [request?.system ?? "", ...(request?.messages.map(({ content }) => content) ?? [])];
  const words = scrubbed.toLowerCase();
  if (said.some((content) => quotes(words, content.replace(/\s+/g, " ").trim().toLowerCase()))) return "";
  return cutText(scrubbed, MAX_VENDOR_CHARS);
}

/** Length from which on a part of a key counts as a secret. */
const KEY_PART_CHARS = 8;

/** Takes out what holds a part of the key, also in base64, as some vendors repeat the header. */
function withoutParts(text: string, key: string): string {
  const parts = Array.from({ length: Math.max(key.length - KEY_PART_CHARS + 1, 0) }, (_unused, at) =>
    key.slice(at, at + KEY_PART_CHARS),
  );
  return text.replace(/[\w+/=~-]{8,}/g, (run) => {
    const readings = [run, Buffer.from(run, "base64").toString("latin1")];
    return parts.some((part) => readings.some((reading) => reading.includes(part))) ? "[secret]" : run;
  });
}

function quotes(text: string, content: string): boolean {
  if (content.length < SHORTEST_QUOTED_CHARS) return false;
  if (content.length <= QUOTED_CHARS) return text.includes(content);
  for (let start = 0; start + QUOTED_CHARS <= text.length; start++) {
    if (content.includes(text.slice(start, start + QUOTED_CHARS))) return true;
  }
  return false;
}
