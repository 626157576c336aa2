import type { ProviderErrorReason } from "../provider.js";

/** What a vendor said when it refused, in whichever shape it came. */
export interface Refusal {
  readonly status?: number | undefined;
  /** The vendor's own codes and types, as "insufficient_quota" or "overloaded_error". */
  readonly codes: readonly string[];
  readonly message: string;
}

const SPEND_CODE = /insufficient_(quota|balance|funds|credits)|billing|spend_?(ing)?_?(limit|cap)|payment_required/i;
/** DeepSeek, xAI and Anthropic say it in prose only. */
const SPEND_TEXT =
  /credit balance is too low|insufficient (balance|credits|funds)|spending limit|used all available credits/i;
const UNKNOWN_MODEL_CODE = /^(model_not_found|invalid_model|model_not_available)$/;
const UNKNOWN_MODEL_TEXT = /model (does )?not (exist|found)|not a valid model/i;
/** The model is there, but answers elsewhere only (speech, images, the Responses API). */
const NOT_FOR_CHAT_TEXT =
  /not a chat model|only supported in v1\/responses|not supported in the v1\/chat|does not support chat/i;
const BAD_KEY_TEXT = /api key not valid|invalid api key|incorrect api key/i;

const BY_TYPE: readonly (readonly [RegExp, ProviderErrorReason])[] = [
  [/overloaded|unavailable/i, "overloaded"],
  [/rate_limit/i, "rate-limited"],
  [/authentication|permission|invalid_api_key/i, "auth"],
  [/not_found/i, "unknown-model"],
  [/invalid_request|context_length/i, "bad-request"],
];

/** Why a vendor refused; its own code counts for more than the status. */
export function reasonOf(refusal: Refusal, asked: "list" | "chat"): ProviderErrorReason {
  const { status, codes, message } = refusal;
  const says = (pattern: RegExp) => codes.some((code) => pattern.test(code));
  if (status === 402 || says(SPEND_CODE) || SPEND_TEXT.test(message)) return "spend-cap";
  if (asked === "chat" && NOT_FOR_CHAT_TEXT.test(message)) return "not-for-chat";
  if (asked === "chat" && says(UNKNOWN_MODEL_CODE)) return "unknown-model";
  if (status === undefined) return BY_TYPE.find(([pattern]) => says(pattern))?.[1] ?? "http";
  if (status === 401 || status === 403 || (status === 400 && BAD_KEY_TEXT.test(message))) return "auth";
  // A page instead of an error object: the address is wrong, not the model.
  if (status === 404) return asked === "chat" && !message.trimStart().startsWith("<") ? "unknown-model" : "http";
  if (status === 429) return "rate-limited";
  if (status === 503 || status === 529) return "overloaded";
  if (status === 400 || status === 413 || status === 422) {
    return asked === "chat" && UNKNOWN_MODEL_TEXT.test(message) ? "unknown-model" : "bad-request";
  }
  return "http";
}
