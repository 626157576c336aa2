import { displayName, isUsableId, type ModelRow, slim, tokens } from "../lists/model-rows.js";
import type { ModelInfo } from "../provider.js";

/** What is read of a row, by any vendor's name for it; a dot leads into a part. */
export const OPENAI_ROW_FIELDS = [
  "id",
  "display_name",
  "name",
  "context_length",
  "context_window",
  "max_context_length",
  "max_model_len",
  "max_completion_tokens",
  "top_provider.max_completion_tokens",
  "pricing.prompt",
  "pricing.input",
  "pricing.completion",
  "pricing.output",
  "architecture.input_modalities",
  "architecture.output_modalities",
  "capabilities.vision",
  "capabilities.completion_chat",
  "created",
  "type",
  "active",
];

/** Reads the row of an OpenAI-compatible list; what a vendor adds to it is used where it is there. */
export function readOpenAiRow(row: ModelRow, isChat: (id: string) => boolean): ModelInfo | undefined {
  // Gemini says "models/gemini-…" and takes the id without the prefix as well.
  const id = typeof row.id === "string" ? row.id.replace(/^models\//, "") : undefined;
  if (!isUsableId(id)) return undefined;
  const topProvider = partOf(row.top_provider);
  const pricing = partOf(row.pricing);
  const contextTokens = tokens(row.context_length, row.context_window, row.max_context_length, row.max_model_len);
  return slim({
    id,
    name: displayName(row.display_name ?? row.name, id),
    contextTokens,
    outputTokens: tokens(topProvider.max_completion_tokens, row.max_completion_tokens),
    inputPrice: priceOf(pricing.prompt ?? pricing.input),
    outputPrice: priceOf(pricing.completion ?? pricing.output),
    input: inputOf(row),
    releasedAt: typeof row.created === "number" && row.created > 0 ? Math.round(row.created * 1000) : undefined,
    isChat: saysChat(row) ?? isChat(id),
  });
}

const partOf = (value: unknown): ModelRow => (typeof value === "object" && value !== null ? (value as ModelRow) : {});

/**
 * USD per 1,000,000 tokens. OpenRouter sends text in USD per token, "-1" where it varies; Together sends a number per
 * 1,000,000, and 0 where it does not know.
 */
function priceOf(price: unknown): number | undefined {
  if (typeof price === "number") return price > 0 ? price : undefined;
  if (typeof price !== "string" || !/^\d+(\.\d+)?(e-?\d+)?$/i.test(price)) return undefined;
  return Math.round(Number(price) * 1e12) / 1e6;
}

function inputOf(row: ModelRow): ModelInfo["input"] {
  const modalities = partOf(row.architecture).input_modalities;
  const vision = partOf(row.capabilities).vision;
  if (Array.isArray(modalities)) return modalities.includes("image") ? ["text", "image"] : ["text"];
  if (typeof vision === "boolean") return vision ? ["text", "image"] : ["text"];
  return undefined;
}

/** The vendor's own word: Groq's `active`, Together's `type`, Mistral's `capabilities`, OpenRouter's `architecture`. */
function saysChat(row: ModelRow): boolean | undefined {
  if (row.active === false) return false;
  if (typeof row.type === "string" && row.type !== "model" && row.type !== "base" && row.type !== "fine-tuned") {
    return row.type === "chat";
  }
  const completionChat = partOf(row.capabilities).completion_chat;
  if (typeof completionChat === "boolean") return completionChat;
  const output = partOf(row.architecture).output_modalities;
  return Array.isArray(output) ? output.includes("text") : undefined;
}
