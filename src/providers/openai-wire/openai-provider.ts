import type { Quirks } from "../chat/adapt-request.js";
import { createStreamChat } from "../chat/stream-chat.js";
import { type HeaderWindow, OPENAI_HEADERS } from "../http/quota-tables.js";
import { createListModels } from "../lists/read-list.js";
import type { ChatMessage, ChatRequest, ImagePart, Provider, ProviderId } from "../provider.js";
import type { ProviderDeps } from "../provider-definition.js";
import { OPENAI_ROW_FIELDS, readOpenAiRow } from "./model-row.js";
import { readChunk } from "./read-chunk.js";

/** What differs between the vendors that speak this format. */
export interface OpenAiWire {
  readonly id: ProviderId;
  /** Base URL with its version, like "https://api.openai.com/v1". */
  readonly baseUrl: string;
  readonly key: string | undefined;
  readonly isChat: (id: string) => boolean;
  /** What this vendor puts before each id in its list and takes without it as well. */
  readonly idPrefix?: string | undefined;
  /** OpenAI's newer models refuse `max_tokens`, most others know nothing else. */
  readonly tokenLimit: "max_tokens" | "max_completion_tokens";
  /** What its headers tell of quotas. Default: OpenAI's. */
  readonly quotaHeaders?: readonly HeaderWindow[] | undefined;
}

/** The format that most vendors share: OpenAI's chat completions and model list. */
export function createOpenAiProvider(wire: OpenAiWire, deps: ProviderDeps): Provider {
  const { id: provider, key, baseUrl } = wire;
  const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
  let hasListed = false;
  const listModels = createListModels(
    {
      provider,
      key,
      headers,
      pageUrl: (after) => `${baseUrl}/models${after === undefined ? "" : `?after=${encodeURIComponent(after)}`}`,
      fields: OPENAI_ROW_FIELDS,
      readRow: (row) => readOpenAiRow(row, wire),
    },
    deps,
  );
  return {
    id: provider,
    async listModels(signal, terms) {
      const models = await listModels(signal, terms);
      hasListed = true;
      return models;
    },
    streamChat: createStreamChat(
      {
        provider,
        key,
        headers,
        url: `${baseUrl}/chat/completions`,
        quotaHeaders: wire.quotaHeaders ?? OPENAI_HEADERS,
        hasListed: () => hasListed,
        maxOutputTokens,
        body: (request, quirks) => chatBody(wire, request, quirks),
        read: readChunk,
      },
      deps,
    ),
  };
}

const maxOutputTokens = (request: ChatRequest, quirks: Quirks): number | undefined =>
  quirks.maxOutputTokens === undefined
    ? request.maxOutputTokens
    : Math.min(quirks.maxOutputTokens, request.maxOutputTokens ?? quirks.maxOutputTokens);

function chatBody({ tokenLimit }: OpenAiWire, request: ChatRequest, quirks: Quirks): object {
  const other = tokenLimit === "max_tokens" ? "max_completion_tokens" : "max_tokens";
  const limitName = [tokenLimit, other][quirks.refusedLimitNames ?? 0];
  const limit = maxOutputTokens(request, quirks);
  const { system, messages, model } = request;
  return {
    model,
    messages: [...(system ? [{ role: "system", content: system }] : []), ...messages.map(wireMessage)],
    ...(limit !== undefined && limitName !== undefined && { [limitName]: limit }),
    ...(!quirks.skipsStreamOptions && !quirks.isUnstreamed && { stream_options: { include_usage: true } }),
    stream: !quirks.isUnstreamed,
  };
}

/** Images come first: models follow what is said of them best when they have seen them. Only a user's are taken. */
function wireMessage({ role, content, images = [] }: ChatMessage): object {
  // Texts stay plain strings, which every compatible server takes.
  if (role === "assistant" || images.length === 0) return { role, content };
  const parts = images.map((image) => {
    const url = `data:${image.mediaType};base64,${base64Of(image)}`;
    return { type: "image_url", image_url: { url } };
  });
  return { role, content: [...parts, ...(content === "" ? [] : [{ type: "text", text: content }])] };
}

const base64Of = ({ bytes }: ImagePart): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
