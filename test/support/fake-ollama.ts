import { openAiChecks } from "./fake-openai-checks.js";
import { openAiFrames } from "./fake-openai-frames.js";
import { type FakeVendor, startFakeVendor } from "./fake-vendor.js";
import { imageUrls } from "./image-faults.js";

export interface OllamaModel {
  readonly id: string;
  readonly family?: string;
}

export interface FakeOllama extends FakeVendor<string | OllamaModel> {
  /** To be configured as the base URL. */
  readonly url: string;
}

const modelId = (model: string | OllamaModel) => (typeof model === "string" ? model : model.id);

/** As its server decodes images: from data URLs of fewer types than OpenAI takes, and never from the network. */
function urlFault(url: string): string | undefined {
  if (/^https?:/.test(url)) {
    return "image URLs are not currently supported, please use base64 encoded data instead";
  }
  return /^data:image\/(jpeg|jpg|png|webp);base64,/.test(url) ? undefined : "invalid image input";
}

/** An Ollama server: its own list, OpenAI-compatible chats, no key. */
export async function startFakeOllama(
  models: readonly (string | OllamaModel)[] = ["gpt-oss:20b", "gemma4:31b"],
): Promise<FakeOllama> {
  const checks = openAiChecks();
  const vendor = await startFakeVendor<string | OllamaModel>(
    {
      listPath: "/api/tags",
      chatPath: "/v1/chat/completions",
      modelId,
      refuse({ path, body, headers }, known) {
        if (headers.authorization !== undefined) return { status: 400, message: "this fake wants no key" };
        if (path !== "/v1/chat/completions") return undefined;
        const fault =
          checks.chatFault(body) ??
          imageUrls(body)
            .map(urlFault)
            .find((found) => found !== undefined);
        if (fault !== undefined) return { status: 400, type: "invalid_request_error", message: fault };
        if (known.includes(String(body?.model))) return undefined;
        return { status: 404, type: "not_found_error", message: `model '${body?.model}' not found` };
      },
      list: (rows) => ({
        models: rows.map((row) => ({
          name: modelId(row),
          model: modelId(row),
          modified_at: "2026-05-04T17:37:44.706015396-07:00",
          size: 3_826_793_677,
          digest: "fe938a131f40e6f6d40083c9f0f430a515233eb2edaa6d72eb85c50d64f2300e",
          details: { format: "gguf", family: typeof row === "string" ? "llama" : row.family, parameter_size: "7B" },
        })),
      }),
      errorBody: ({ message = "internal error", type = "api_error", code = null }) => ({
        error: { message, type, param: null, code },
      }),
      frames: openAiFrames,
    },
    models,
  );
  return { ...vendor, url: vendor.origin };
}
