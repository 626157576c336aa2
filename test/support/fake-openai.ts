import { openAiChecks } from "./fake-openai-checks.js";
import { openAiFrames } from "./fake-openai-frames.js";
import { type ChatBody, type Failure, type FakeVendor, startFakeVendor } from "./fake-vendor.js";

export interface OpenAiModel {
  readonly id: string;
  readonly [field: string]: unknown;
}

export interface FakeOpenAiOptions {
  /** Ids, or rows with whatever a vendor adds to them. */
  readonly models?: readonly (string | OpenAiModel)[];
  /** Null: the server wants none. */
  readonly key?: string | null;
  /** The path before /models and /chat/completions. */
  readonly basePath?: string;
  /** A compatible server that is not OpenAI: takes max_tokens, may not know stream_options, may list a bare array. */
  readonly compatible?: boolean;
  readonly refusesStreamOptions?: boolean;
  readonly listsBareArray?: boolean;
}

export interface FakeOpenAi extends FakeVendor<string | OpenAiModel> {
  /** To be configured as the base URL. */
  readonly url: string;
}

export const FAKE_OPENAI_KEY = "sk-proj-fake0openai0key0of0evergreen";

const modelId = (model: string | OpenAiModel) => (typeof model === "string" ? model : model.id);

/** OpenAI's chat and model endpoints, or a server that claims to be compatible with them. */
export async function startFakeOpenAi(options: FakeOpenAiOptions = {}): Promise<FakeOpenAi> {
  const { models = ["gpt-5", "gpt-4o"], key = FAKE_OPENAI_KEY, basePath = "/v1" } = options;
  const checks = openAiChecks();
  const chatPath = `${basePath}/chat/completions`;

  function refuseChat(body: ChatBody, known: readonly string[]): Failure | undefined {
    const fault = checks.chatFault(body);
    const type = "invalid_request_error";
    if (fault !== undefined) return { status: 400, type, message: fault };
    if (!options.compatible && "max_tokens" in body) {
      const message = "Unsupported parameter: 'max_tokens' is not supported with this model.";
      return { status: 400, type, code: "unsupported_parameter", message };
    }
    if (options.refusesStreamOptions && "stream_options" in body) {
      return { status: 400, type, message: "extra fields not permitted: stream_options" };
    }
    if (body.stream !== true) return { status: 400, type, message: "this fake only streams" };
    if (!known.includes(String(body.model))) {
      const message = `The model \`${body.model}\` does not exist or you do not have access to it.`;
      return { status: 404, type, code: "model_not_found", message };
    }
    return undefined;
  }

  const vendor = await startFakeVendor<string | OpenAiModel>(
    {
      listPath: `${basePath}/models`,
      chatPath,
      modelId,
      refuse({ path, headers, body }, known) {
        const expected = key === null ? undefined : `Bearer ${key}`;
        if (headers.authorization !== expected) return refuseKey(headers.authorization);
        if (path !== chatPath) return undefined;
        if (headers["content-type"] !== "application/json") return { status: 415, message: "Unsupported media type" };
        return refuseChat(body ?? {}, known);
      },
      list(rows) {
        const data = rows.map((row, index) => ({
          object: "model",
          created: 1_700_000_000 + index,
          owned_by: "fake",
          ...(typeof row === "string" ? { id: row } : row),
        }));
        return options.listsBareArray ? data : { object: "list", data };
      },
      errorBody: ({ message = "The server had an error.", type = "server_error", code = null }) => ({
        error: { message, type, param: null, code },
      }),
      frames: openAiFrames,
    },
    models,
  );
  return { ...vendor, url: `${vendor.origin}${basePath}` };
}

function refuseKey(header: string | undefined): Failure {
  if (header === undefined) {
    return { status: 401, type: "invalid_request_error", message: "You didn't provide an API key." };
  }
  const shown = header.replace(/^Bearer (.{0,8}).*(.{4})$/, "$1****$2");
  const message = `Incorrect API key provided: ${shown}. You can find your API key at the vendor's site.`;
  return { status: 401, type: "invalid_request_error", code: "invalid_api_key", message };
}
