import type { ChatMessage, ChatRequest } from "../provider.js";

/** Long enough for any answer in a chat; the newest models would allow 128,000. */
const MAX_OUTPUT_TOKENS = 16_384;
/** What every model of today can do. */
const FALLBACK_OUTPUT_TOKENS = 8_192;

/** How long an answer may be, which this API wants to be told. */
export const maxTokensFor = (request: ChatRequest, known: number | undefined): number =>
  request.maxOutputTokens ?? (known === undefined ? FALLBACK_OUTPUT_TOKENS : Math.min(known, MAX_OUTPUT_TOKENS));

/** The API refuses blank messages and a conversation that does not begin with the user. */
export function acceptableMessages(messages: readonly ChatMessage[]): ChatMessage[] {
  const spoken = messages.filter(({ content }) => content.trim() !== "");
  const first = spoken.findIndex(({ role }) => role === "user");
  return spoken.slice(Math.max(first, 0)).map(({ role, content }) => ({ role, content }));
}
