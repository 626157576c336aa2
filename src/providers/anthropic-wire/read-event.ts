import type { AnswerDraft } from "../chat/answer-draft.js";
import { fieldsOf } from "../http/read-refusal.js";
import type { Usage } from "../provider.js";

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
