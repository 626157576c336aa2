import type Anthropic from "@anthropic-ai/sdk";
import { base64Of } from "../http/base64.js";
import type { ChatMessage, ChatRequest } from "../provider.js";

type WireMessage = Anthropic.MessageParam;

/** Long enough for any answer in a chat; the newest models would allow 128,000. */
const MAX_OUTPUT_TOKENS = 16_384;
/** What every model of today can do. */
const FALLBACK_OUTPUT_TOKENS = 8_192;

/** How long an answer may be, which this API wants to be told. */
export const maxTokensFor = (request: ChatRequest, known: number | undefined): number =>
  request.maxOutputTokens ?? (known === undefined ? FALLBACK_OUTPUT_TOKENS : Math.min(known, MAX_OUTPUT_TOKENS));

/** The API refuses blank messages and a conversation that does not begin with the user. */
export function acceptableMessages(messages: readonly ChatMessage[]): WireMessage[] {
  const wire = messages.map(wireMessage).filter(({ content }) => content.length > 0);
  const first = wire.findIndex(({ role }) => role === "user");
  return wire.slice(Math.max(first, 0));
}

/** Images come first, as the API's documentation asks; only a user's are taken. What is blank becomes empty. */
function wireMessage({ role, content, images = [] }: ChatMessage): WireMessage {
  const text = content.trim() === "" ? "" : content;
  if (role === "assistant" || images.length === 0) return { role, content: text };
  const blocks = images.map((image) => {
    const source = { type: "base64", media_type: image.mediaType, data: base64Of(image) } as const;
    return { type: "image", source } as const;
  });
  return { role, content: [...blocks, ...(text === "" ? [] : [{ type: "text", text } as const])] };
}
