import type { Quirks } from "../chat/adapt-request.js";
import { createStreamChat } from "../chat/stream-chat.js";
import { ANTHROPIC_HEADERS } from "../http/quota-tables.js";
import { createListModels } from "../lists/read-list.js";
import type { ChatMessage, ChatRequest, Provider, ProviderId } from "../provider.js";
import type { ProviderDeps } from "../provider-definition.js";
import { ANTHROPIC_ROW_FIELDS, readAnthropicRow } from "./model-row.js";
import { readEvent } from "./read-event.js";

export interface AnthropicWire {
  readonly id: ProviderId;
  readonly baseUrl: string;
  readonly key: string;
}

const API_VERSION = "2026-10-21";
/** The most that the API gives at once. */
const PAGE_ROWS = 1_000;
/** Long enough for any answer in a chat; the newest models would allow 128,000. */
const MAX_OUTPUT_TOKENS = 16_384;
/** What every model of today can do. */
const FALLBACK_OUTPUT_TOKENS = 8_192;

/** Anthropic's Messages API and model list. */
export function createAnthropicProvider(wire: AnthropicWire, deps: ProviderDeps): Provider {
  const { id: provider, key } = wire;
  const root = `${wire.baseUrl.replace(/\/v1$/, "")}/v1`;
  const headers = { authorization: `Bearer ${key}`, "anthropic-version": API_VERSION };
  // Only a better guess: an answer's length has to be named with every request.
  const outputLimits = new Map<string, number>();
  let hasListed = false;
  const listModels = createListModels(
    {
      provider,
      key,
      headers,
      pageUrl: (after) =>
        `${root}/models?limit=${PAGE_ROWS}${after === undefined ? "" : `&after_id=${encodeURIComponent(after)}`}`,
      fields: ANTHROPIC_ROW_FIELDS,
      readRow: readAnthropicRow,
    },
    deps,
  );
  const maxTokens = (request: ChatRequest, quirks: Quirks) =>
    maxTokensFor(request, quirks.maxOutputTokens ?? outputLimits.get(request.model));
  return {
    id: provider,
    async listModels(signal, terms) {
      const models = await listModels(signal, terms);
      hasListed = true;
      for (const { id, outputTokens } of models) if (outputTokens !== undefined) outputLimits.set(id, outputTokens);
      return models;
    },
    streamChat: createStreamChat(
      {
        provider,
        key,
        headers,
        url: `${root}/messages`,
        quotaHeaders: ANTHROPIC_HEADERS,
        hasListed: () => hasListed,
        maxOutputTokens: maxTokens,
        body: (request, quirks) => ({
          model: request.model,
          max_tokens: maxTokens(request, quirks),
          messages: request.messages.map(wireMessage),
          ...(request.system && { system: request.system }),
          stream: !quirks.isUnstreamed,
        }),
        read: readEvent,
      },
      deps,
    ),
  };
}

/** Returns how long an answer may be, which this API requires; `known`: the most that the model takes. */
export function maxTokensFor({ maxOutputTokens }: ChatRequest, known: number | undefined): number {
  if (maxOutputTokens !== undefined) return Math.min(maxOutputTokens, known ?? maxOutputTokens);
  return known === undefined ? FALLBACK_OUTPUT_TOKENS : Math.min(known, MAX_OUTPUT_TOKENS);
}

/** Images come first, as the API's documentation asks; only a user's are taken. */
function wireMessage({ role, content, images = [] }: ChatMessage): object {
  if (role === "assistant" || images.length === 0) return { role, content };
  const blocks = images.map(({ mediaType, bytes }) => {
    const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
    return { type: "image", source: { type: "base64", media_type: mediaType, data } };
  });
  return { role, content: [...blocks, ...(content.trim() === "" ? [] : [{ type: "text", text: content }])] };
}
