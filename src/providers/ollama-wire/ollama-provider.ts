import { inputOf, saysChat } from "../lists/model-kind.js";
import { isUsableId, type ModelRow, slim } from "../lists/model-rows.js";
import { createListModels } from "../lists/read-list.js";
import { isChatModel } from "../openai-wire/model-row.js";
import { createOpenAiProvider } from "../openai-wire/openai-provider.js";
import type { ModelInfo, Provider } from "../provider.js";
import type { ProviderDeps } from "../provider-definition.js";

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
  const source = {
    provider: "ollama",
    key: undefined,
    headers: {},
    pageUrl: () => `${root}/api/tags`,
    fields: TAG_FIELDS,
    readRow: readTag,
  };
  return { ...createOpenAiProvider(wire, deps), listModels: createListModels(source, deps) };
}

/** What is read of a row. */
const TAG_FIELDS = ["model", "name", "id", "details", "capabilities"];

/** A model that runs at Ollama's own service instead: "gpt-oss:120b-cloud". */
const REMOTE = /[-:]cloud$/;

/** `modified_at` is when it was pulled, not released, so it is left out. What runs locally costs nothing per token. */
function readTag(row: ModelRow): ModelInfo | undefined {
  const id = row.model ?? row.name ?? row.id;
  if (!isUsableId(id)) return undefined;
  const { family } = (row.details ?? {}) as ModelRow;
  const isEmbedder = typeof family === "string" && /bert/i.test(family);
  const price = REMOTE.test(id) ? {} : { inputPrice: 0, outputPrice: 0 };
  return slim({ id, input: inputOf(row), ...price, isChat: !isEmbedder && (saysChat(row) ?? isChatModel(id)) });
}
