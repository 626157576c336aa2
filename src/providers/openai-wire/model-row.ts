import { inputOf, KIND_FIELDS, saysChat } from "../lists/model-kind.js";
import { PRICE_FIELDS, readPrices } from "../lists/model-price.js";
import {
  displayName,
  isUsableId,
  type ModelRow,
  partOf,
  RETIREMENT_FIELDS,
  readRetirement,
  slim,
  tokens,
} from "../lists/model-rows.js";
import { ID_FIELDS } from "../lists/parse-page.js";
import type { ModelInfo } from "../provider.js";

/** What is read of a row, by any vendor's name for it; a dot leads into a part. */
export const OPENAI_ROW_FIELDS = [
  ...ID_FIELDS,
  "display_name",
  "context_length",
  "context_window",
  "context_size",
  "max_context_length",
  "max_model_len",
  "max_input_tokens",
  "limits.max_input_tokens",
  "max_completion_tokens",
  "max_output_tokens",
  "limits.max_output_tokens",
  "top_provider.max_completion_tokens",
  "created",
  ...RETIREMENT_FIELDS,
  ...KIND_FIELDS,
  ...PRICE_FIELDS,
];

export interface RowTerms {
  readonly isChat: (id: string) => boolean;
  /** What this vendor puts before each id and takes without it as well, as Gemini's "models/". */
  readonly idPrefix?: string | undefined;
}

/** Reads the row of an OpenAI-compatible list; what a vendor adds to it is used where it is there. */
export function readOpenAiRow(row: ModelRow, { isChat, idPrefix = "" }: RowTerms): ModelInfo | undefined {
  const listed = idOf(row);
  const id = typeof listed === "string" && listed.startsWith(idPrefix) ? listed.slice(idPrefix.length) : listed;
  if (!isUsableId(id)) return undefined;
  const [topProvider, limits] = [partOf(row.top_provider), partOf(row.limits)];
  const { context_length, context_window, context_size, max_context_length, max_model_len } = row;
  const windows = [context_length, context_window, context_size, max_context_length, max_model_len];
  return slim({
    id,
    name: displayName(row.display_name ?? row.name, id),
    contextTokens: tokens(...windows, row.max_input_tokens, limits.max_input_tokens),
    outputTokens: tokens(
      topProvider.max_completion_tokens,
      row.max_completion_tokens,
      row.max_output_tokens,
      limits.max_output_tokens,
    ),
    ...readPrices(row),
    input: inputOf(row),
    releasedAt: typeof row.created === "number" && row.created > 0 ? Math.round(row.created * 1000) : undefined,
    ...readRetirement(row),
    isChat: saysChat(row) ?? isChat(id),
  });
}

/** An id of a registry, which no chat accepts: Azure's catalogue behind GitHub Models, Cloudflare's numbers. */
const REGISTRY_ID = /^azureml:\/\/|^[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}$/i;

/** The name by which a chat calls the model. */
function idOf(row: ModelRow): unknown {
  const { id } = row;
  const others = ID_FIELDS.map((field) => (field === "id" ? undefined : row[field]));
  const called = others.find((value) => typeof value === "string" && value !== "");
  return typeof id === "string" && !(REGISTRY_ID.test(id) && called !== undefined) ? id : called;
}

/** Embeddings, speech, pictures, moderation and the like, in the ids of all vendors. */
const OTHER_KINDS = new RegExp(
  [
    "embed|rerank|whisper|(^|[-/_.])(tts|asr|t2v|i2v|t2i)([-_.\\d]|$)|speech|audio|transcri|orpheus|moderation",
    "(?<!safe)guard|shieldgemma|parakeet|cogview|cogvideo|seedream|seedance|ideogram|recraft|kling-v",
    "dall-e|image|imagine|(^|[-/_.])(sora|veo|lyria|aqa|ocr|clip|flux)([-_.\\d]|$)|stable-diffusion|sdxl|video",
    "realtime|-live-|deep-research|computer-use|bge-|(^|[/-])e5-|minilm",
  ].join("|"),
  "i",
);

/** OpenAI's own: legacy completions, and what answers on the Responses API only. */
const OPENAI_OTHER_KINDS = /^(text-)?(davinci|babbage|curie|ada)\b|-instruct|codex|-pro(-|$)|^sora/i;

/** True unless the id says that the model is not for chat: a new family is offered rather than hidden. */
export const isChatModel = (id: string): boolean => !OTHER_KINDS.test(id);

/** Judges an id of OpenAI's own mixed list; a fine-tuned model is what its base is, whatever its owner called it. */
export function isOpenAiChatModel(id: string): boolean {
  const base = /^ft:([^:]+)/.exec(id)?.[1] ?? id;
  return isChatModel(base) && !OPENAI_OTHER_KINDS.test(base);
}
