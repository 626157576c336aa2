import { AppError } from "../base/errors.js";

export type ProviderId = string;

/** A row of a provider's list. Token counts are whole tokens; prices are USD per 1,000,000 tokens; times epoch ms. */
export interface ModelInfo {
  readonly id: string;
  readonly name?: string;
  readonly contextTokens?: number;
  readonly outputTokens?: number;
  /** Unset where unknown; 0 means that it is free. */
  readonly inputPrice?: number;
  readonly outputPrice?: number;
  readonly input?: readonly ("text" | "image")[];
  readonly releasedAt?: number;
  /** When its vendor will stop it; unset where it has named no day. */
  readonly retiresAt?: number;
  /** Whether its vendor says that it will retire, or advises against it. */
  readonly isDeprecated?: true;
  /** The id of the model that its vendor suggests in its place. */
  readonly replacement?: string;
  /** False for embeddings, speech, images and the like: not offered, still usable by typing. */
  readonly isChat: boolean;
}

export interface ImagePart {
  readonly mediaType: "image/png" | "image/jpeg" | "image/gif" | "image/webp";
  readonly bytes: Uint8Array;
}

export interface ChatMessage {
  readonly role: "user" | "assistant";
  readonly content: string;
  /** Beside a user's text, for models that take them. */
  readonly images?: readonly ImagePart[];
}

export interface ChatRequest {
  readonly model: string;
  readonly system?: string;
  readonly messages: readonly ChatMessage[];
  readonly maxOutputTokens?: number;
}

/** Whole tokens; a field is unset where the provider did not say. `inputTokens` includes cached ones. */
export interface Usage {
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly cachedTokens?: number;
}

/** How long a quota's window lasts; `none`: it does not renew by itself, as a prepaid balance. */
export type QuotaPeriod = "minute" | "hour" | "5h" | "day" | "week" | "month" | "none";
/** `fraction`: 1 is all of it, where a vendor tells no amount. */
export type QuotaUnit = "requests" | "tokens" | "usd" | "fraction";

/** One limit of an account, as its vendor told it. Amounts are in `unit`; unset is unknown; times are epoch ms. */
export interface QuotaReading {
  /** What is limited, as people read it: "requests", "input tokens", "key limit". */
  readonly name: string;
  /** `model`: only the model that `model` names is limited. */
  readonly scope: "account" | "model";
  /** A model's id, or the end of one after a star: "*:free". */
  readonly model?: string;
  readonly unit: QuotaUnit;
  readonly period: QuotaPeriod;
  readonly limit?: number;
  readonly used?: number;
  readonly remaining?: number;
  /** When it renews. */
  readonly resetAt?: number;
  readonly source: "header" | "endpoint" | "error";
  readonly observedAt: number;
  /** The vendor refuses requests because of it. */
  readonly isRefused?: true;
}

/**
 * - `length` the model's own limit; `filtered` the provider's filter ended it
 * - `refused` the model does not want to answer; what it says of that, if anything, is the text
 * - `other` ended with a word of the vendor that nobody knows, so that it cannot be taken for a good end
 */
export type FinishReason = "stop" | "length" | "filtered" | "refused" | "other";

export type ChatEvent =
  | { readonly type: "text-delta"; readonly text: string }
  | { readonly type: "reasoning-delta"; readonly text: string }
  /** The model is at work on something that is not shown: hidden thoughts, the arguments of a tool. */
  | { readonly type: "progress" }
  | {
      readonly type: "finish";
      readonly reason: FinishReason;
      /** The vendor's own word, where the reason is `other`. */
      readonly word?: string;
      /** The model wanted to call a tool, of which this bot has none. */
      readonly wantsTool?: boolean;
      readonly usage?: Usage;
      readonly limits?: readonly QuotaReading[];
      /** The model that really answered, where the provider says. */
      readonly model?: string;
    };

/** What tells whether a list is still the same. */
export interface ListValidators {
  /** What the provider gave with it, to be sent back as it is. */
  readonly etag?: string;
  readonly lastModified?: string;
  /** A hash of its text: where that comes again, nothing of it has to be read. */
  readonly digest?: string;
}

/** What a list tells besides its rows. */
export interface ListNotes {
  /** Rows without a usable id, which were left out. */
  readonly droppedRows: number;
  /** Unset where they would not speak for the whole list. */
  readonly validators?: ListValidators | undefined;
}

/** A list that the caller has already, from the same address with the same key. */
export interface HeldList {
  readonly models: readonly ModelInfo[];
  readonly validators: ListValidators;
}

export interface ListTerms {
  /** Called before the list resolves, unless it is the held one. */
  readonly note?: ((notes: ListNotes) => void) | undefined;
  /**
   * The provider is asked for its list only if it is no longer this one, and what comes is read only if it is
   * another.
   */
  readonly held?: HeldList | undefined;
}

/** One vendor's (or endpoint's) models. Holds no state that a chat could wait for. */
export interface Provider {
  readonly id: ProviderId;
  /**
   * The whole list, over all pages; `held.models` itself where it is unchanged.
   * @throws {ProviderError} on any failure; never resolves partially; an empty list resolves as []
   */
  listModels(signal: AbortSignal, terms?: ListTerms): Promise<readonly ModelInfo[]>;
  /**
   * Ends with exactly one "finish".
   * @throws {ProviderError} on any failure, also when the stream ends without its finish marker
   * @throws signal.reason when aborted
   */
  streamChat(request: ChatRequest, signal: AbortSignal): AsyncIterable<ChatEvent>;
}

/**
 * - `timeout` no answer in time, or a stream that sent nothing
 * - `auth` the key is refused
 * - `no-access` the key is fine, but this model, region or plan is not allowed
 * - `rate-limited` too many requests a minute; `quota` those of a day, week or month are used up: not retryable
 * - `spend-cap` the account's budget or credit is used up: not retryable
 * - `overloaded` 529 and 503; `loading` a local server still loads the model; `out-of-memory` it cannot
 * - `unknown-model` the vendor knows no such model
 * - `not-for-chat` the provider knows the model, but not for chat
 * - `content-refused` what was asked breaks the vendor's rules
 * - `context-too-long` the conversation is longer than the model takes
 * - `bad-request` what we sent is refused for another reason
 * - `address` nothing speaks the protocol there: 404, a web page, a redirect (which is not followed)
 * - `http` any other status; `network` no connection, reset; `malformed` not what the protocol says
 * - `cut-off` the stream ended without its finish marker, or with a word that says so
 */
export type ProviderErrorReason =
  | "timeout"
  | "auth"
  | "no-access"
  | "rate-limited"
  | "quota"
  | "spend-cap"
  | "overloaded"
  | "loading"
  | "out-of-memory"
  | "unknown-model"
  | "not-for-chat"
  | "content-refused"
  | "context-too-long"
  | "bad-request"
  | "address"
  | "http"
  | "network"
  | "malformed"
  | "cut-off";

const RETRYABLE: readonly ProviderErrorReason[] = [
  "timeout",
  "rate-limited",
  "overloaded",
  "loading",
  "network",
  "cut-off",
];

export interface ProviderErrorDetails {
  /** HTTP status, where there was one. */
  readonly status?: number | undefined;
  /** How long the provider asks to wait. */
  readonly retryAfterMs?: number | undefined;
  readonly limits?: readonly QuotaReading[] | undefined;
  /** The vendor's own words, without secrets and shortened. */
  readonly words?: string | undefined;
  readonly cause?: unknown;
}

/**
 * What went wrong at a provider, in our words. Its cause is the network's code at most: a vendor's own error may repeat
 * the conversation, and a log would print it.
 */
export class ProviderError extends AppError {
  readonly provider: ProviderId;
  readonly reason: ProviderErrorReason;
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;
  readonly limits: readonly QuotaReading[] | undefined;
  readonly words: string | undefined;

  constructor(provider: ProviderId, reason: ProviderErrorReason, message: string, details: ProviderErrorDetails = {}) {
    const isServerFault = reason === "http" && (details.status ?? 0) >= 500;
    super("provider", message, { cause: details.cause, isRetryable: isServerFault || RETRYABLE.includes(reason) });
    this.provider = provider;
    this.reason = reason;
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
    this.limits = details.limits;
    this.words = details.words;
  }
}
