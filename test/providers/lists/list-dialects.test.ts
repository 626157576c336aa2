import { describe, expect, it } from "vitest";
import { saysChat } from "../../../src/providers/lists/model-kind.js";
import { readPrices } from "../../../src/providers/lists/model-price.js";
import { readRows } from "../../../src/providers/lists/model-rows.js";
import { parsePage } from "../../../src/providers/lists/parse-page.js";
import { isChatModel, OPENAI_ROW_FIELDS, readOpenAiRow } from "../../../src/providers/openai-wire/model-row.js";

const terms = { fields: OPENAI_ROW_FIELDS, maxRows: 10_000 };
const parse = (body: unknown) =>
  parsePage(Buffer.from(typeof body === "string" ? body : JSON.stringify(body)), "digest", terms);

/** The models of a body, all the way from its bytes. */
async function modelsOf(body: unknown) {
  const page = parse(body);
  if (page.kind !== "list") return page.kind;
  const read = (row: Readonly<Record<string, unknown>>) => readOpenAiRow(row, { isChat: isChatModel });
  return (await readRows("acme", page.rows, read, () => {})).models;
}

const idsOf = async (body: unknown) => {
  const models = await modelsOf(body);
  return typeof models === "string" ? models : models.map(({ id }) => id);
};

describe("the shape of a list", () => {
  const both = ["m-one", "m-two"];
  const rows = both.map((id) => ({ id }));

  it.each([
    ["OpenAI's", { object: "list", data: rows }],
    ["Together's bare array (maximhq/bifrost#6711, longy2k/obsidian-bmo-chatbot#51)", rows],
    ["one-api's and exo's bare array (songquanpeng/one-api#128, stackblitz-labs/bolt.diy#458)", rows],
    ["models instead of data (doable-team/heyflare#6)", { models: rows }],
    ["rows with a name only (kvcache-ai/ktransformers#123)", { models: both.map((name) => ({ name })) }],
    ["rows that are strings", { object: "list", data: both }],
    ["a bare array of strings", both],
    ["llama.cpp's two lists in one", { models: [{ name: "m-one", model: "m-one" }], object: "list", data: rows }],
    ["a list in a list", { data: { data: rows } }],
    ["models by their ids", { models: { "m-one": { context_length: 1 }, "m-two": {} } }],
    ["Cloudflare's result", { success: true, errors: [], result: rows }],
    ["Bedrock's own names", { modelSummaries: both.map((modelId) => ({ modelId, modelName: "M" })) }],
    ["watsonx's resources", { total_count: 2, resources: both.map((model_id) => ({ model_id, label: "x" })) }],
    ["a list in an envelope", { code: 0, msg: "ok", data: { list: rows } }],
    ["items with slugs", { items: both.map((slug) => ({ slug, name: `Acme: ${slug}` })) }],
    ["a byte order mark", `\ufeff${JSON.stringify({ data: rows })}`],
    ["null rows among good ones", { data: [null, ...rows, null] }],
  ])("is read: %s", async (_what, body) => {
    expect(await idsOf(body)).toEqual(both);
  });

  it.each([
    ["null (ollama/ollama#4424)", { models: null }],
    ["null at OpenAI's place", { object: "list", data: null }],
    ["empty", { data: [] }],
  ])("is an empty list: %s", async (_what, body) => {
    expect(await idsOf(body)).toEqual([]);
  });

  it.each([
    ["an error", { error: { message: "no" }, data: null }],
    ["a failure", { success: false, result: null }],
    ["an object of something else", { status: "ok" }],
    ["a text", '"models"'],
    ["faults of fields", { detail: [{ loc: ["query"], msg: "field required", type: "missing" }] }],
  ])("is no list: %s", async (_what, body) => {
    expect(await idsOf(body)).toBe("no-list");
  });

  it("calls a model by the name that a chat takes, where the id is one of a registry (open-webui/open-webui#6892)", async () => {
    const azure = { id: "azureml://registries/azureml/models/Phi-3-small-8k-instruct/versions/3", name: "Phi-3-small" };
    const cloudflare = { id: "429b9e8b-d99e-44de-91ad-706cf8183658", name: "@cf/meta/llama-3.1-8b" };
    // tashfeenahmed/freellmapi#18: the newer endpoint's ids are accepted as they are, and its names are for people.
    const github = { id: "openai/gpt-4.1", name: "OpenAI GPT-4.1" };
    expect(await idsOf([azure, cloudflare, github])).toEqual([
      "Phi-3-small",
      "@cf/meta/llama-3.1-8b",
      "openai/gpt-4.1",
    ]);
  });

  it("takes no pattern for a model (BerriAI/litellm#13643, #30619)", async () => {
    const ids = ["*", "openai/*", "bedrock/anthropic.*", "all-team-models", "no-default-models"];
    expect(await idsOf({ data: ids.map((id) => ({ id })) })).toEqual([]);
    expect(await idsOf({ data: [...ids, "real"].map((id) => ({ id })) })).toEqual(["real"]);
  });
});

describe("the kind of a model", () => {
  it.each([
    ["LM Studio (dyad-sh/dyad#3668)", { type: "llm" }, true],
    ["LM Studio, with pictures", { type: "vlm", capabilities: ["tool_use"] }, true],
    ["LM Studio, embedder", { type: "embeddings" }, false],
    ["Together", { type: "chat" }, true],
    ["Together, pictures", { type: "image" }, false],
    ["a word that nobody knows", { type: "omni-reasoner" }, undefined],
    ["a language model", { type: "language" }, undefined],
    ["a text model", { type: "text" }, undefined],
    ["multimodal", { type: "multimodal" }, undefined],
    ["OpenAI's word for any row", { type: "model", object: "model" }, undefined],
    ["Hugging Face", { pipeline_tag: "text-generation" }, true],
    ["Hugging Face, pictures as input", { pipeline_tag: "image-text-to-text" }, true],
    ["Hugging Face, embedder", { pipeline_tag: "feature-extraction" }, false],
    ["GitHub Models", { task: "chat-completion" }, true],
    ["Cloudflare", { task: { name: "Text Generation" } }, true],
    ["Cloudflare, speech", { task: { name: "Automatic Speech Recognition" } }, false],
    ["LiteLLM", { mode: "image_generation" }, false],
    ["NVIDIA (langchain-ai/langchain-nvidia#26)", { model_type: "chat" }, true],
    ["near.ai (nearai/nearai#78)", { supports_chat: false, type: "model" }, false],
    ["Mistral", { capabilities: { completion_chat: false } }, false],
    ["Ollama", { capabilities: ["completion", "vision"] }, true],
    ["Ollama, embedder", { capabilities: ["embedding"] }, false],
    ["Cohere", { endpoints: ["generate", "chat", "summarize"] }, true],
    ["Cohere, reranker", { endpoints: ["rerank"] }, false],
    ["paths of endpoints", { supported_endpoints: ["/v1/chat/completions", "/v1/embeddings"] }, true],
    ["a path of embeddings", { supported_endpoints: ["/v1/embeddings"] }, false],
    ["Gemini's own list", { supported_generation_methods: ["generateContent", "countTokens"] }, true],
    ["OpenRouter", { architecture: { output_modalities: ["image", "text"] } }, true],
    ["OpenRouter, pictures only", { architecture: { output_modalities: ["image"] } }, false],
    ["an older OpenRouter", { architecture: { modality: "text+image->text" } }, true],
    ["Groq, switched off", { active: false }, false],
    ["SiliconFlow, embedder", { type: "text", sub_type: "embedding" }, false],
    ["Gemini's native names", { supportedGenerationMethods: ["embedContent"] }, false],
    ["new-api, pictures", { supported_endpoint_types: ["image-generation"] }, false],
    ["new-api", { supported_endpoint_types: ["openai", "anthropic"] }, undefined],
    ["flags of one kind", { capabilities: { embeddings: true, chat_streaming: false } }, false],
    ["models.dev", { modalities: { input: ["text", "image"], output: ["text"] } }, true],
    ["models.dev, pictures", { modalities: { input: ["text"], output: ["image"] } }, false],
    ["Venice, pictures", { type: "upscale" }, false],
  ])("is taken at the vendor's word: %s", (_vendor, row, expected) => {
    expect(saysChat(row)).toBe(expected);
  });
});

describe("prices", () => {
  it.each([
    ["OpenRouter, USD per token as text", { pricing: { prompt: "0.000003", completion: "0.000015" } }, 3, 15],
    ["Together, USD per million as a number", { pricing: { input: 0.88, output: 0.9 } }, 0.88, 0.9],
    [
      "per million as a number (NousResearch/hermes-agent#79400)",
      { pricing: { prompt: 3.2664, completion: 16.332 } },
      3.2664,
      16.332,
    ],
    [
      "per million as text (NousResearch/hermes-agent#112256)",
      { pricing: { prompt: "2.5", completion: "10" } },
      2.5,
      10,
    ],
    ["a unit beside them (#112256)", { pricing: { prompt: 0.25, completion: 2, unit: "per_1m_tokens" } }, 0.25, 2],
    [
      "per thousand (BerriAI/litellm#38167)",
      { pricing: { input: "0.0032", output: "0.00971", unit: "per_1k_tokens" } },
      3.2,
      9.71,
    ],
    ["the unit in the names (#81320)", { input_price_per_million: 1, output_price_per_million: 2 }, 1, 2],
    ["the unit inside", { pricing: { input: { per_1m_tokens: 0.15 }, output: { per_1m_tokens: 0.6 } } }, 0.15, 0.6],
    ["Requesty, USD per token as a number", { input_price: 0.000003, output_price: 0.000015 }, 3, 15],
    ["LiteLLM", { model_info: { input_cost_per_token: 1.5e-7, output_cost_per_token: 6e-7 } }, 0.15, 0.6],
    ["DeepInfra", { metadata: { pricing: { input_tokens: 0.06, output_tokens: 0.2 } } }, 0.06, 0.2],
    ["Venice", { model_spec: { pricing: { input: { usd: 0.7 }, output: { usd: 2.8 } } } }, 0.7, 2.8],
    ["models.dev (getsentry/sentry#94907)", { cost: { input: 3, output: 15, cache_read: 0.3 } }, 3, 15],
    ["free as text", { pricing: { prompt: "0", completion: "0" } }, 0, 0],
    ["it varies", { pricing: { prompt: "-1", completion: "-1" } }, undefined, undefined],
    ["zero as a number", { pricing: { input: 0, output: 0 } }, undefined, undefined],
    ["another currency (#81320)", { pricing: { prompt: 1, completion: 2, currency: "CNY" } }, undefined, undefined],
    ["another currency of the row", { currency: "CNY", pricing: { prompt: 1, completion: 2 } }, undefined, undefined],
    ["what no model costs", { pricing: { input: 50_000, unit: "per_1m_tokens" } }, undefined, undefined],
    ["words", { pricing: { prompt: "free", completion: "on request" } }, undefined, undefined],
    ["pictures and the cache only", { pricing: { input_cache_read: "0.1", input_image: "5" } }, undefined, undefined],
    ["null", { pricing: null, price: 5 }, undefined, undefined],
    ["words beside the number", { pricing: { input: "$3.00 / 1M tokens", output: "$0.015 per 1K tokens" } }, 3, 15],
    ["camel case", { pricing: { inputPrice: 3, outputPrice: 15, cacheReadInputPrice: 0.3 } }, 3, 15],
    ["the side last", { pricing: { cost_per_1k_input: 0.003, cost_per_1k_output: 0.015 } }, 3, 15],
    [
      "another currency in the unit",
      { pricing: { prompt: 8, completion: 28, unit: "RMB/1M tokens" } },
      undefined,
      undefined,
    ],
    ["cents", { pricing: { prompt: 300, completion: 1500, unit: "cents per 1M tokens" } }, undefined, undefined],
    ["another name for the currency", { pricing: { prompt: "8", currency_code: "CNY" } }, undefined, undefined],
    [
      "free tokens, dear requests",
      { pricing: { prompt: "0", completion: "0", request: "0.01" } },
      undefined,
      undefined,
    ],
  ])("are read with their unit: %s", (_vendor, row, inputPrice, outputPrice) => {
    expect({ inputPrice: undefined, outputPrice: undefined, ...readPrices(row) }).toEqual({ inputPrice, outputPrice });
  });
});
