import type { ChatEvent, FinishReason, Usage } from "../provider.js";

type Fields = Readonly<Record<string, unknown>>;
const fieldsOf = (value: unknown): Fields => (typeof value === "object" && value !== null ? (value as Fields) : {});
const count = (value: unknown) => (typeof value === "number" && value >= 0 ? value : undefined);

/** What a stream has told besides its text. */
export interface StreamFacts {
  /** Only then is the answer whole. */
  readonly hasStopped: boolean;
  readonly reason: FinishReason;
  readonly usage: Usage;
  readonly model?: string | undefined;
}

export const noFacts: StreamFacts = { hasStopped: false, reason: "stop", usage: {} };

/** The text of one event, if it has any. */
export function readDelta(event: unknown): Exclude<ChatEvent, { type: "finish" }> | undefined {
  const { type, delta } = fieldsOf(event);
  if (type !== "content_block_delta") return undefined;
  const { type: kind, text, thinking } = fieldsOf(delta);
  if (kind === "text_delta" && typeof text === "string" && text !== "") return { type: "text-delta", text };
  if (kind === "thinking_delta" && typeof thinking === "string" && thinking !== "") {
    return { type: "reasoning-delta", text: thinking };
  }
  return undefined;
}

/** What is known after one more event. */
export function readFacts(facts: StreamFacts, event: unknown): StreamFacts {
  const { type, message, delta, usage } = fieldsOf(event);
  if (type === "message_start") {
    const { model, usage: first } = fieldsOf(message);
    return { ...facts, usage: readUsage({}, first), model: typeof model === "string" ? model : undefined };
  }
  if (type === "message_delta") {
    const reason = reasonOf(fieldsOf(delta).stop_reason) ?? facts.reason;
    return { ...facts, reason, usage: readUsage(facts.usage, usage) };
  }
  return type === "message_stop" ? { ...facts, hasStopped: true } : facts;
}

function reasonOf(value: unknown): FinishReason | undefined {
  if (typeof value !== "string") return undefined;
  if (value === "max_tokens" || value === "model_context_window_exceeded") return "length";
  return value === "refusal" ? "refused" : "stop";
}

/** Later numbers count; here, other than at OpenAI, the input comes without what the cache had or got. */
function readUsage(before: Usage, value: unknown): Usage {
  const usage = fieldsOf(value);
  const fresh = count(usage.input_tokens);
  const cachedTokens = count(usage.cache_read_input_tokens);
  const outputTokens = count(usage.output_tokens);
  const written = count(usage.cache_creation_input_tokens) ?? 0;
  return {
    ...before,
    ...(fresh !== undefined && { inputTokens: fresh + (cachedTokens ?? 0) + written }),
    ...(outputTokens !== undefined && { outputTokens }),
    ...(cachedTokens ? { cachedTokens } : {}),
  };
}
