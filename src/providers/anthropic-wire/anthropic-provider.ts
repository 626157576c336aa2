import type { Quirks } from "../chat/adapt-request.js";
import type { AnswerDraft } from "../chat/answer-draft.js";
import { createStreamChat } from "../chat/stream-chat.js";
import { ANTHROPIC_HEADERS } from "../http/quota-tables.js";
import { fieldsOf } from "../http/read-refusal.js";
import { displayName, isUsableId, type ModelRow, slim, timeOf, tokens } from "../lists/model-rows.js";
import { createListModels } from "../lists/read-list.js";
import type { ChatMessage, ChatRequest, ModelInfo, Provider, ProviderId, Usage } from "../provider.js";
import type { ProviderDeps } from "../provider-definition.js";

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

const supports = (capability: unknown): boolean | undefined => {
  const { supported } = (capability ?? {}) as ModelRow;
  return typeof supported === "boolean" ? supported : undefined;
};

/** What is read of a row. */
export const ANTHROPIC_ROW_FIELDS = [
  "id",
  "created_at",
  "capabilities",
  "display_name",
  "max_input_tokens",
  "max_tokens",
  "lifecycle",
  "retires_at",
];

/** Reads a row of Anthropic's list, in which every model is for chat. */
export function readAnthropicRow(row: ModelRow): ModelInfo | undefined {
  const { id } = row;
  if (!isUsableId(id)) return undefined;
  const releasedAt = typeof row.created_at === "string" ? Date.parse(row.created_at) : Number.NaN;
  const seesImages = supports(((row.capabilities ?? {}) as ModelRow).image_input);
  return slim({
    id,
    name: displayName(row.display_name, id),
    contextTokens: tokens(row.max_input_tokens),
    outputTokens: tokens(row.max_tokens),
    input: seesImages === undefined ? undefined : seesImages ? ["text", "image"] : ["text"],
    // The API says 1970 where it does not know.
    releasedAt: releasedAt > 0 ? releasedAt : undefined,
    retiresAt: timeOf(row.retires_at),
    isDeprecated: row.lifecycle === "deprecated" ? true : undefined,
    // A retired one is still named for a while, but answers nobody.
    isChat: row.lifecycle !== "retired",
  });
}

/**
 * Takes an event of a streamed message in, or a whole message. Its type is the one in the data; gateways leave names
 * out.
 */
export function readEvent(event: unknown, draft: AnswerDraft, name = "") {
  const fields = fieldsOf(event);
  const type = typeof fields.type === "string" ? fields.type : name;
  if (type === "ping") return;
  draft.hasShape = true;
  if (type === "content_block_delta") readBlock(fieldsOf(fields.delta), draft);
  else if (type === "content_block_start") readBlock(fieldsOf(fields.content_block), draft);
  else if (type === "message_start") readMessage(fieldsOf(fields.message), draft);
  else if (type === "message") readMessage(fields, draft);
  else if (type === "message_delta") {
    draft.usage = usageOf(draft.usage, fields.usage);
    readStop(fieldsOf(fields.delta).stop_reason, draft);
  } else if (type === "message_stop") draft.end();
  else if (type !== "content_block_stop") draft.hasShape = draft.hasSaid;
}

function readMessage(message: Readonly<Record<string, unknown>>, draft: AnswerDraft) {
  const { model, usage, content, stop_reason: stop } = message;
  if (typeof model === "string" && model !== "") draft.model = model;
  draft.usage = usageOf(draft.usage, usage);
  for (const block of Array.isArray(content) ? content : []) readBlock(fieldsOf(block), draft);
  readStop(stop, draft);
}

function readStop(stop: unknown, draft: AnswerDraft) {
  if (typeof stop !== "string" || stop === "") return;
  draft.finishWord = stop;
  draft.usage ??= {}; // nothing that is read follows
}

/** A content block, or a piece of one. */
function readBlock({ type, text, thinking }: Readonly<Record<string, unknown>>, draft: AnswerDraft) {
  if (typeof text === "string") draft.say(text);
  else if (typeof thinking === "string") draft.think(thinking);
  else draft.progress();
  if (type === "tool_use") draft.wantsTool = true;
}

const count = (value: unknown) => (typeof value === "number" && value >= 0 ? value : undefined);

/** Later numbers count; here, other than at OpenAI, the input comes without what the cache had or got. */
function usageOf(before: Usage | undefined, value: unknown): Usage | undefined {
  const usage = fieldsOf(value);
  const fresh = count(usage.input_tokens);
  const cachedTokens = count(usage.cache_read_input_tokens);
  const outputTokens = count(usage.output_tokens);
  const written = count(usage.cache_creation_input_tokens) ?? 0;
  if (fresh === undefined && outputTokens === undefined) return before;
  return {
    ...before,
    ...(fresh !== undefined && { inputTokens: fresh + (cachedTokens ?? 0) + written }),
    ...(outputTokens !== undefined && { outputTokens }),
    ...(cachedTokens ? { cachedTokens } : {}),
  };
}
