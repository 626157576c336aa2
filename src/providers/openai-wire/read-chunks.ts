import { tokens } from "../lists/model-rows.js";
import type { ChatEvent, FinishReason, Usage } from "../provider.js";

type Fields = Readonly<Record<string, unknown>>;
const fieldsOf = (value: unknown): Fields => (typeof value === "object" && value !== null ? (value as Fields) : {});

/** What a stream has told besides its text. */
export interface StreamFacts {
  readonly reason?: FinishReason | undefined;
  readonly usage?: Usage | undefined;
  readonly model?: string | undefined;
  /** What was said, or a part of it, came as a refusal. */
  readonly hasRefused?: boolean | undefined;
}

/** The deltas of one chunk. A chunk is not trusted: compatible servers leave out whatever they like. */
export function readDeltas(chunk: unknown): readonly Exclude<ChatEvent, { type: "finish" }>[] {
  const delta = fieldsOf(firstChoice(chunk).delta);
  // Nearly every chunk is a piece of plain text and no more.
  if (isPlain(delta)) return delta.content === "" ? NOTHING : [{ type: "text-delta", text: delta.content }];
  const reasoning = [delta.reasoning_content ?? delta.reasoning, thoughtsOf(delta.content)].map(textOf).join("");
  const text = textOf(delta.content) + textOf(delta.refusal);
  return [
    ...(reasoning === "" ? [] : [{ type: "reasoning-delta", text: reasoning } as const]),
    ...(text === "" ? [] : [{ type: "text-delta", text } as const]),
  ];
}

const NOTHING: readonly never[] = [];

const isPlain = (delta: Fields): delta is { readonly content: string } =>
  typeof delta.content === "string" && !delta.refusal && !delta.reasoning_content && !delta.reasoning;

/** What is known after one more chunk. */
export function readFacts(facts: StreamFacts, chunk: unknown): StreamFacts {
  const { model, usage } = fieldsOf(chunk);
  const { delta, finish_reason } = firstChoice(chunk);
  const isRefusal = Boolean(fieldsOf(delta).refusal);
  const isNews = usage != null || finish_reason != null || model !== facts.model || isRefusal;
  if (!isNews) return facts;
  const hasRefused = facts.hasRefused || isRefusal;
  const reason = reasonOf(finish_reason) ?? facts.reason;
  return {
    ...(hasRefused && { hasRefused }),
    reason: hasRefused && reason === "stop" ? "refused" : reason,
    usage: usageOf(usage) ?? facts.usage,
    model: typeof model === "string" && model !== "" ? model : facts.model,
  };
}

function firstChoice(chunk: unknown): Fields {
  const { choices } = fieldsOf(chunk);
  return Array.isArray(choices) ? fieldsOf(choices[0]) : {};
}

/** Plain text, or Mistral's list of parts. */
function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content
    .map(fieldsOf)
    .map((part) => (part.type === "text" && typeof part.text === "string" ? part.text : ""))
    .join("");
}

/** Mistral's reasoning models think inside the content. */
function thoughtsOf(content: unknown): unknown {
  if (!Array.isArray(content)) return undefined;
  return content.map(fieldsOf).flatMap((part) => (part.type === "thinking" ? (part.thinking as unknown[]) : []));
}

function reasonOf(value: unknown): FinishReason | undefined {
  if (typeof value !== "string" || value === "") return undefined;
  if (value === "length" || value === "max_tokens" || value === "model_length") return "length";
  return value === "content_filter" ? "filtered" : "stop";
}

function usageOf(value: unknown): Usage | undefined {
  const usage = fieldsOf(value);
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
