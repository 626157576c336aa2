import type { Quirks } from "../chat/adapt-request.js";
import type { AnswerDraft } from "../chat/answer-draft.js";
import { createStreamChat } from "../chat/stream-chat.js";
import { type HeaderWindow, OPENAI_HEADERS } from "../http/quota-tables.js";
import { type Fields, fieldsOf, firstChoice } from "../http/read-refusal.js";
import { tokens } from "../lists/model-rows.js";
import { createListModels } from "../lists/read-list.js";
import type { ChatMessage, ChatRequest, ImagePart, Provider, ProviderId, Usage } from "../provider.js";
import type { ProviderDeps } from "../provider-definition.js";
import { OPENAI_ROW_FIELDS, readOpenAiRow } from "./model-row.js";

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

/**
 * Takes a chunk of a chat completion in, or a whole one. Neither is trusted: compatible servers leave out whatever they
 * like, and put the text into `delta`, `message` or `text`.
 */
export function readChunk(chunk: unknown, draft: AnswerDraft) {
  const fields = fieldsOf(chunk);
  const { choices, usage, model, object, x_groq: groq } = fields;
  if (typeof model === "string" && model !== "") draft.model = model;
  const choice = firstChoice(choices);
  // Moonshot puts the count into the choice, Groq into a part of its own.
  const counted = usage ?? fieldsOf(choice).usage ?? fieldsOf(groq).usage;
  if (typeof counted === "object" && counted !== null) draft.usage = usageOf(counted) ?? draft.usage;
  if (typeof choice !== "object" || choice === null) return readOllamaChunk(fields, draft);
  draft.hasShape = true;
  const { delta, message, text, finish_reason: word } = choice as Fields;
  if (typeof delta === "object" && delta !== null) readDelta(delta as Fields, draft);
  if (typeof message === "object" && message !== null) readMessage(message as Fields, draft);
  if (typeof text === "string") draft.say(text);
  if (typeof word === "string" && word !== "") draft.finishWord = word;
  // A whole answer needs no finish reason.
  else if (object === "chat.completion" && message !== undefined && delta === undefined) draft.end();
}

/** A line of Ollama's own API, which some proxies before it send whatever they were asked for. */
function readOllamaChunk({ message, response, done, done_reason: word, ...counts }: Fields, draft: AnswerDraft) {
  if (typeof done !== "boolean") return;
  draft.hasShape = true;
  if (typeof response === "string") draft.say(response);
  readDelta(fieldsOf(message), draft);
  if (!done) return;
  const { prompt_eval_count: prompt_tokens, eval_count: completion_tokens } = counts;
  draft.usage = usageOf({ prompt_tokens, completion_tokens }) ?? draft.usage;
  if (typeof word === "string" && word !== "") draft.finishWord = word;
  draft.end();
}

function readDelta(delta: Fields, draft: AnswerDraft) {
  const { content, refusal, tool_calls: tools, function_call: call } = delta;
  readReasoning(delta, draft);
  if (typeof content === "string") draft.say(content);
  else if (Array.isArray(content)) readParts(content, draft);
  if (typeof refusal === "string" && refusal !== "") {
    draft.hasRefused = true;
    draft.say(refusal);
  }
  if ((Array.isArray(tools) && tools.length > 0) || call) {
    draft.wantsTool = true;
    draft.progress();
  }
}

function readMessage(message: Fields, draft: AnswerDraft) {
  const { content, refusal } = message;
  if (draft.hasSaid && typeof content === "string") return draft.sayMessage(content);
  if (typeof content !== "string") return readDelta(message, draft);
  readDelta({ ...message, content: undefined, refusal: undefined }, draft);
  draft.sayMessage(content);
  if (typeof refusal === "string" && refusal !== "") {
    draft.hasRefused = true;
    draft.sayMessage(refusal);
  }
}

/** The vendors' names for a model's thoughts; the first that is filled counts, as some send several alike. */
const REASONING = ["reasoning_content", "reasoning", "reasoning_text", "thinking"] as const;

function readReasoning(delta: Fields, draft: AnswerDraft) {
  for (const name of REASONING) {
    const value = delta[name];
    if (!value) continue;
    const text = typeof value === "string" ? value : thoughtOf(value);
    if (text !== "") return draft.think(text);
    draft.progress();
  }
  const { reasoning_details: details } = delta;
  if (!Array.isArray(details) || details.length === 0) return;
  const text = details.map(thoughtOf).join("");
  if (text === "")
    draft.progress(); // it is encrypted
  else draft.think(text);
}

const thoughtOf = (value: unknown): string => {
  const { text, summary, content } = fieldsOf(value);
  return ([text, summary, content].find((part) => typeof part === "string") as string | undefined) ?? "";
};

/** Mistral's list of parts: its reasoning models think inside the content. */
function readParts(parts: readonly unknown[], draft: AnswerDraft) {
  for (const { type, text, thinking } of parts.map(fieldsOf)) {
    if (type === "text" && typeof text === "string") draft.say(text);
    else if (type === "thinking" && Array.isArray(thinking)) draft.think(thinking.map(thoughtOf).join(""));
    else draft.progress();
  }
}

function usageOf(value: object): Usage | undefined {
  const usage = value as Fields;
  const inputTokens = tokens(usage.prompt_tokens);
  const outputTokens = tokens(usage.completion_tokens);
  if (inputTokens === undefined && outputTokens === undefined) return undefined;
  // DeepSeek names its cache hits otherwise.
  const cachedTokens = tokens(fieldsOf(usage.prompt_tokens_details).cached_tokens, usage.prompt_cache_hit_tokens);
  return {
    ...(inputTokens !== undefined && { inputTokens }),
    ...(outputTokens !== undefined && { outputTokens }),
    ...(cachedTokens !== undefined && { cachedTokens }),
  };
}
