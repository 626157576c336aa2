import { readText } from "../http/guarded-fetch.js";
import { type Asked, connectionError, refusalError } from "../http/provider-fault.js";
import { NOT_MODIFIED } from "../http/validators.js";
import { createListReader } from "../lists/list-reader.js";
import { isUsableId, type Row, slim } from "../lists/model-rows.js";
import { readList } from "../lists/read-list.js";
import type { FetchPage } from "../lists/read-pages.js";
import { isChatModel } from "../openai-wire/is-chat-model.js";
import { createOpenAiProvider } from "../openai-wire/openai-provider.js";
import { type ModelInfo, type Provider, ProviderError } from "../provider.js";
import type { ProviderDeps } from "../provider-definition.js";

const MAX_ERROR_BYTES = 64 * 1024;

/** Ollama: its own list, which tells more than its OpenAI-compatible one; chats take the compatible way. */
export function createOllamaProvider(baseUrl: string, deps: ProviderDeps): Provider {
  // People copy the address with or without the compatible part.
  const root = baseUrl.replace(/\/(v1|api)$/, "");
  const wire = {
    id: "ollama",
    baseUrl: `${root}/v1`,
    key: undefined,
    isChat: isChatModel,
    tokenLimit: "max_tokens",
  } as const;

  const reader = createListReader("ollama", TAG_FIELDS, deps);
  const list = {
    provider: "ollama",
    reader,
    parsePage: parseTags,
    readRow: readTag,
    warn: deps.warn,
  };

  return {
    id: "ollama",
    async listModels(signal, terms) {
      signal.throwIfAborted();
      const asked: Asked = { provider: "ollama", key: undefined, now: deps.clock.now(), limits: () => undefined };
      const fetchPage: FetchPage = async (_after, conditions) => {
        const accept = { accept: "application/json" };
        const response = await reader.fetch(`${root}/api/tags`, { signal, headers: { ...accept, ...conditions } });
        if (response.ok || response.status === NOT_MODIFIED) return response;
        const { status, headers } = response;
        throw refusalError({ status, headers, codes: [], message: await readText(response, MAX_ERROR_BYTES) }, asked);
      };
      try {
        return await readList({ ...list, fetchPage }, signal, terms);
      } catch (error) {
        signal.throwIfAborted();
        throw error instanceof ProviderError ? error : connectionError(error, asked);
      }
    },
    streamChat: createOpenAiProvider(wire, deps).streamChat,
  };
}

function parseTags(body: unknown) {
  const { models } = (body ?? {}) as Row;
  return Array.isArray(models) ? { rows: models } : undefined;
}

/** What is read of a row. */
const TAG_FIELDS = ["model", "name", "details"];

/** `modified_at` is when it was pulled, not released, so it is left out. What runs locally costs nothing per token. */
function readTag(row: Row): ModelInfo | undefined {
  const id = row.model ?? row.name;
  if (!isUsableId(id)) return undefined;
  const { family } = (row.details ?? {}) as Row;
  const isEmbedder = typeof family === "string" && /bert/i.test(family);
  return slim({ id, isChat: !isEmbedder && isChatModel(id) });
}
