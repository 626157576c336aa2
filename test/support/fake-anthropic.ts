import { z } from "zod";
import { type ChatBody, type Failure, type FakeVendor, type Frames, lastText, startFakeVendor } from "./fake-vendor.js";
import { imageFault } from "./image-faults.js";

export interface AnthropicModel {
  readonly id: string;
  readonly [field: string]: unknown;
}

export interface FakeAnthropicOptions {
  readonly models?: readonly (string | AnthropicModel)[];
  readonly key?: string;
  /** Rows of a page of the list. */
  readonly pageRows?: number;
}

export interface FakeAnthropic extends FakeVendor<string | AnthropicModel> {
  /** To be configured as the base URL. */
  readonly url: string;
}

export const FAKE_ANTHROPIC_KEY = "sk-ant-fake0anthropic0key0of0evergreen";
const VERSION = "2026-10-21";

const textSchema = z.strictObject({ type: z.literal("text"), text: z.string() });
const imageSchema = z.strictObject({
  type: z.literal("image"),
  source: z.strictObject({
    type: z.literal("base64"),
    media_type: z.enum(["image/png", "image/jpeg", "image/gif", "image/webp"]),
    data: z.string(),
  }),
});
type Block = z.infer<typeof textSchema> | z.infer<typeof imageSchema>;
const messageSchema = z.strictObject({
  role: z.enum(["user", "assistant", "system"]),
  content: z.union([z.string(), z.array(z.discriminatedUnion("type", [textSchema, imageSchema]))]),
});
/** What of the Messages API a chat uses; anything else is refused, as the service refuses unknown fields. */
const chatSchema = z.strictObject({
  model: z.string().min(1),
  max_tokens: z.int().min(1),
  messages: z.array(messageSchema).min(1),
  system: z.string().min(1).optional(),
  stream: z.boolean().optional(),
});

const modelId = (model: string | AnthropicModel) => (typeof model === "string" ? model : model.id);
const invalid = (message: string): Failure => ({ status: 400, type: "invalid_request_error", message });

/** Anthropic's Messages and Models endpoints, version 2026-10-21. */
export async function startFakeAnthropic(options: FakeAnthropicOptions = {}): Promise<FakeAnthropic> {
  const { models = ["claude-sonnet-5", "claude-haiku-4-5"], key = FAKE_ANTHROPIC_KEY, pageRows = 1_000 } = options;
  const vendor = await startFakeVendor<string | AnthropicModel>(
    {
      listPath: "/v1/models",
      chatPath: "/v1/messages",
      modelId,
      refuse({ path, headers, body }, known) {
        if (headers.authorization !== `Bearer ${key}`) {
          return { status: 401, type: "authentication_error", message: "invalid bearer token" };
        }
        if (headers["anthropic-version"] !== VERSION) return invalid("anthropic-version: header is required");
        return path === "/v1/messages" ? refuseChat(body ?? {}, known) : undefined;
      },
      list: (rows, query) => page(rows, query, pageRows),
      errorBody: ({ message = "Internal server error", type = "api_error", code }) => ({
        type: "error",
        error: { type, message, ...(code !== undefined && { details: { error_code: code } }) },
        request_id: "req_fake",
      }),
      frames,
    },
    models,
  );
  return { ...vendor, url: vendor.origin };
}

function refuseChat(body: ChatBody, known: readonly string[]): Failure | undefined {
  const parsed = chatSchema.safeParse(body);
  if (!parsed.success) return invalid(`${parsed.error.issues[0]?.path.join(".")}: ${parsed.error.issues[0]?.message}`);
  const { messages, model } = parsed.data;
  if (messages[0]?.role !== "user") return invalid("messages: first message must use the user role");
  if (messages.some(({ content }) => content.length === 0)) return invalid("messages: text must be non-empty");
  for (const { role, content } of messages) {
    const blocks = typeof content === "string" ? [] : content;
    const fault = blocks.map((block) => blockFault(role, block)).find((found) => found !== undefined);
    if (fault !== undefined) return invalid(`messages: ${fault}`);
  }
  if (!known.includes(model)) return { status: 404, type: "not_found_error", message: `model: ${model}` };
  return undefined;
}

/** Where the service refuses an image: counted as it is sent, in base64. */
const MAX_IMAGE_CHARS = 5 * 1024 * 1024;

function blockFault(role: string, block: Block): string | undefined {
  if (block.type === "text") return block.text.trim() === "" ? "text content blocks must be non-empty" : undefined;
  if (role !== "user") return "images are only allowed in user messages";
  const { data, media_type } = block.source;
  if (data.length > MAX_IMAGE_CHARS) {
    return `image exceeds 5 MB maximum: ${data.length} bytes > ${MAX_IMAGE_CHARS} bytes`;
  }
  const fault = imageFault(media_type, data);
  if (fault === "encoding") return "invalid base64 data";
  return fault && `the image was specified using the ${media_type} media type, but does not appear to be one`;
}

function page(rows: readonly (string | AnthropicModel)[], query: URLSearchParams, pageRows: number): unknown {
  const start = rows.findIndex((row) => modelId(row) === query.get("after_id")) + 1;
  const size = Math.min(Number(query.get("limit") ?? 20), pageRows);
  const data = rows.slice(start, start + size).map((row) => ({
    type: "model",
    display_name: `Fake ${modelId(row)}`,
    created_at: "2026-06-30T00:00:00Z",
    max_input_tokens: 200_000,
    max_tokens: 64_000,
    lifecycle: "active",
    capabilities: { image_input: { supported: true } },
    ...(typeof row === "string" ? { id: row } : row),
  }));
  const first = data[0]?.id ?? null;
  const last = data.at(-1)?.id ?? null;
  return { data, has_more: start + size < rows.length, first_id: first, last_id: last };
}

const STOP_REASONS: Readonly<Record<string, string>> = { stop: "end_turn", length: "max_tokens", refused: "refusal" };

function frames(body: ChatBody): Frames {
  const frame = (type: string, fields: object) => `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
  let block: "text" | "thinking" | undefined;
  let index = -1;
  let written = "";
  const stopBlock = () => (block === undefined ? "" : frame("content_block_stop", { index }));
  const startBlock = (type: "text" | "thinking") => {
    if (block === type) return "";
    const stopped = stopBlock();
    block = type;
    index += 1;
    const content = type === "text" ? { type, text: "" } : { type, thinking: "", signature: "" };
    return `${stopped}${frame("content_block_start", { index, content_block: content })}`;
  };
  return {
    begin() {
      const usage = {
        input_tokens: Math.ceil(lastText(body).length / 4),
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 1,
        output_tokens: 1,
      };
      const message = { id: "msg_fake", type: "message", role: "assistant", model: body.model, content: [] };
      return frame("message_start", { message: { ...message, stop_reason: null, stop_sequence: null, usage } });
    },
    text(words) {
      written += words;
      return `${startBlock("text")}${frame("content_block_delta", { index, delta: { type: "text_delta", text: words } })}`;
    },
    reasoning: (words) =>
      `${startBlock("thinking")}${frame("content_block_delta", { index, delta: { type: "thinking_delta", thinking: words } })}`,
    keepAlive: () => frame("ping", {}),
    error: ({ message = "Overloaded", type = "overloaded_error" }) => frame("error", { error: { type, message } }),
    finish(reason) {
      const delta = { stop_reason: STOP_REASONS[reason] ?? reason, stop_sequence: null };
      const usage = { output_tokens: Math.ceil(written.length / 4) };
      return `${stopBlock()}${frame("message_delta", { delta, usage })}${frame("message_stop", {})}`;
    },
  };
}
