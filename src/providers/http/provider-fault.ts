import { createScrubber } from "../../base/log.js";
import {
  type ChatRequest,
  ProviderError,
  type ProviderErrorReason,
  type ProviderId,
  type RateLimit,
} from "../provider.js";
import { networkFault } from "./network-fault.js";
import { type Refusal, reasonOf } from "./refusal.js";
import { retryAfterMs } from "./retry-after.js";

/** What was being done when something went wrong. */
export interface Asked {
  readonly provider: ProviderId;
  readonly key: string | undefined;
  readonly now: number;
  /** The chat that was asked for; undefined for the list. */
  readonly request?: ChatRequest | undefined;
  readonly hasText?: boolean;
  readonly limits: (headers: Headers) => readonly RateLimit[] | undefined;
}

const MAX_VENDOR_CHARS = 200;
/** So many characters in common make a quotation. */
const QUOTED_CHARS = 16;
const SHORTEST_QUOTED_CHARS = 6;

const PHRASES: Partial<Record<ProviderErrorReason, string>> = {
  auth: "refused the key",
  "rate-limited": "asks to slow down",
  overloaded: "is overloaded",
  "spend-cap": "says that the account's budget is used up",
  "not-for-chat": "refused the model for chat",
  "bad-request": "refused the request",
  malformed: "answered with something that is not what its protocol says",
  "cut-off": "ended its answer too early",
};

/**
 * The error for a vendor's refusal. Its own words are added only where they hold neither the key nor anything of the
 * conversation; its error object is not kept as a cause, because a log would print all of it.
 */
export function refusalError(refusal: Refusal & { headers?: Headers | undefined }, asked: Asked): ProviderError {
  const reason = reasonOf(refusal, asked.request ? "chat" : "list");
  const isUnknownModel = reason === "unknown-model";
  const phrase = isUnknownModel ? `does not know the model "${asked.request?.model}"` : PHRASES[reason];
  const status = refusal.status === undefined ? "" : ` (${refusal.status})`;
  // Vendors repeat a part of a refused key; and about an unknown model there is no more to say.
  const words = reason === "auth" || isUnknownModel ? "" : vendorWords(refusal.message, asked);
  const message = `${asked.provider} ${phrase ?? "answered with an error"}${status}${words && `: ${words}`}`;
  return new ProviderError(asked.provider, reason, message, {
    status: refusal.status,
    retryAfterMs: retryAfterMs(refusal.headers, asked.now),
    limits: refusal.headers && asked.limits(refusal.headers),
  });
}

/** The error for a connection that failed; once text was there, the answer was cut off. */
export function connectionError(error: unknown, asked: Asked): ProviderError {
  const { reason, phrase, code } = networkFault(error);
  const cause = code === undefined ? undefined : new Error(code);
  if (asked.hasText && reason === "network") return plainError(asked.provider, "cut-off", undefined, cause);
  return plainError(asked.provider, reason, phrase, cause);
}

/** An error in our words only. */
export function plainError(provider: ProviderId, reason: ProviderErrorReason, phrase?: string, cause?: Error) {
  return new ProviderError(provider, reason, `${provider} ${phrase ?? PHRASES[reason]}`, { cause });
}

/** Adds what the headers of a stream said to an error that came later. */
export function withLimits(fault: ProviderError, limits: ProviderError["limits"]): ProviderError {
  if (fault.limits !== undefined || limits === undefined) return fault;
  const { provider, reason, message, status, retryAfterMs, cause } = fault;
  return new ProviderError(provider, reason, message, { status, retryAfterMs, cause, limits });
}

function vendorWords(message: string, { key, request }: Asked): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  const text = message.replace(/[\s\u0000-\u001f\u007f]+/g, " ").trim();
  if (text === "" || /[<{]/.test(text[0] ?? "")) return "";
  const scrubbed = createScrubber(key === undefined ? [] : [key])(text);
  const said = [request?.system ?? "", ...(request?.messages.map(({ content }) => content) ?? [])];
  if (said.some((content) => quotes(scrubbed, content.replace(/\s+/g, " ").trim()))) return "";
  const characters = [...scrubbed];
  return characters.length > MAX_VENDOR_CHARS ? `${characters.slice(0, MAX_VENDOR_CHARS - 1).join("")}…` : scrubbed;
}

function quotes(text: string, content: string): boolean {
  if (content.length < SHORTEST_QUOTED_CHARS) return false;
  if (content.length <= QUOTED_CHARS) return text.includes(content);
  for (let start = 0; start + QUOTED_CHARS <= text.length; start++) {
    if (content.includes(text.slice(start, start + QUOTED_CHARS))) return true;
  }
  return false;
}
