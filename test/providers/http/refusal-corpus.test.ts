import { describe, expect, it } from "vitest";
import { refusalError } from "../../../src/providers/http/provider-fault.js";
import { readRefusal } from "../../../src/providers/http/read-refusal.js";
import { reasonOf } from "../../../src/providers/http/refusal.js";
import type { ProviderErrorReason } from "../../../src/providers/provider.js";
import { cpuMsOf } from "../../support/bounded-time.js";

/** Public reports of refusals: where, status, body as it came, what it means, how long until it may be asked again (ms). */
type Report = readonly [source: string, status: number, body: unknown, reason: ProviderErrorReason, renewalMs?: number];

const error = (message: string, more: Record<string, unknown> = {}) => ({ error: { message, ...more } });
const raw = (value: unknown, code = 429) =>
  error("Provider returned error", { code, metadata: { raw: value, provider_name: "X" } });
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const REPORTS: readonly Report[] = [
  // Key fine, but not this model, plan or region.
  [
    "google-gemini/gemini-cli#24641",
    400,
    error(
      JSON.stringify({
        error: { code: 400, message: "User location is not supported for the API use.", status: "FAILED_PRECONDITION" },
      }),
      { code: 400, status: "Bad Request" },
    ),
    "no-access",
  ],
  [
    "songquanpeng/one-api#1692",
    403,
    error("Country, region, or territory not supported (request id: 1)", {
      type: "request_forbidden",
      code: "unsupported_country_region_territory",
    }),
    "no-access",
  ],
  [
    "langgenius/dify#25946",
    400,
    raw(
      JSON.stringify({
        error: { code: 400, message: "User location is not supported for the API use.", status: "FAILED_PRECONDITION" },
      }),
      400,
    ),
    "no-access",
  ],
  [
    "BerriAI/litellm#38629",
    403,
    {
      message:
        "team not allowed to access model. This team can only access models=['claude-3-5-haiku'].\nTried to access gpt-4o",
      type: "team_model_access_denied",
    },
    "no-access",
  ],
  [
    "BerriAI/litellm#39867",
    403,
    error("key not allowed to access model. Tried to access model_name_9, which is only deployed for other teams", {
      type: "key_model_access_denied",
      param: "model",
      code: "403",
    }),
    "no-access",
  ],
  [
    "ncecere/terraform-provider-litellm#19",
    403,
    error("{'error': 'User does not have permission to make this model call. Your role=internal_user.'}", {
      type: "auth_error",
      code: "403",
    }),
    "no-access",
  ],
  // The account's own money, also under a status that says otherwise.
  [
    "RooCodeInc/Roo-Code#515",
    403,
    error("Key limit exceeded. Manage it using https://openrouter.ai/keys", { code: 403 }),
    "spend-cap",
  ],
  ["anomalyco/opencode#29912", 429, error("Error from provider (Moonshot): insufficient balance"), "spend-cap"],
  [
    "openclaw/openclaw#142656",
    403,
    error("You have reached your weekly usage limit. It resets in 2 days and 5 hours."),
    "quota",
    53 * HOUR_MS,
  ],
  [
    "a code in OpenAI's documents",
    429,
    error("Limit reached.", { code: "organization_usage_limit_exceeded" }),
    "spend-cap",
  ],
  ["a code that came without its type", 400, { error: { code: "credit_balance_exhausted" } }, "spend-cap"],
  [
    "a cap of Google's billing",
    429,
    error("Your project has exceeded its monthly spending cap.", { status: "RESOURCE_EXHAUSTED" }),
    "spend-cap",
  ],
  // Quota of a day or a month.
  [
    "Gitlawb/openclaude#936",
    429,
    error("Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free model requests per day", {
      code: 429,
      metadata: {
        headers: { "X-RateLimit-Limit": "50", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1767225600000" },
      },
    }),
    "quota",
    12 * HOUR_MS,
  ],
  [
    "glidea/one-balance#12",
    429,
    [
      error("You exceeded your current quota, please check your plan and billing details.", {
        code: 429,
        status: "RESOURCE_EXHAUSTED",
        details: [
          {
            "@type": "type.googleapis.com/google.rpc.QuotaFailure",
            violations: [{ quotaId: "GenerateRequestsPerDayPerProjectPerModel-FreeTier" }],
          },
        ],
      }),
    ],
    "quota",
  ],
  ["cooderl/wewe-rss#390", 429, error("Daily request 200 limit exceeded. Please try again tomorrow."), "quota"],
  [
    "yetibot/yetibot#904",
    429,
    error(
      "Your request count (1007) is over the allowed limit of 1000 per day - Upgrade your key, or retry after 1343.2 minutes",
    ),
    "quota",
    1343.2 * MINUTE_MS,
  ],
  [
    "diegosouzapw/OmniRoute#858",
    429,
    error("You have exhausted your capacity on this model. Your quota will reset after 27h41m36s."),
    "quota",
    27 * HOUR_MS + 41 * MINUTE_MS + 36_000,
  ],
  // Quota of a minute.
  [
    "dudarenok-maker/Castwright#1728",
    429,
    [
      error("You exceeded your current quota.", {
        status: "RESOURCE_EXHAUSTED",
        details: [
          { violations: [{ quotaId: "GenerateRequestsPerMinutePerProjectPerModel", quotaValue: "15" }] },
          { retryDelay: "41s" },
        ],
      }),
    ],
    "rate-limited",
    41_000,
  ],
  [
    "Aculeasis/openrouter-proxy#1",
    429,
    raw(
      "google/gemini-2.0-flash-exp:free is temporarily rate-limited upstream. Please retry shortly, or add your own key",
    ),
    "rate-limited",
  ],
  [
    "digiogithub/pando#8",
    429,
    error("Provider returned error", { code: 429, metadata: { error_type: "rate_limit_exceeded" } }),
    "rate-limited",
  ],
  ["anomalyco/opencode#34886", 503, error("Inference is temporarily unavailable"), "overloaded"],
  // The model.
  [
    "tashfeenahmed/freellmapi#18",
    400,
    error("Unknown model: openai/gpt-4.1", { code: "unknown_model" }),
    "unknown-model",
  ],
  [
    "BerriAI/litellm#13643",
    400,
    error("Invalid model name passed in model=openai/*", { code: "400" }),
    "unknown-model",
  ],
  [
    "forpublicai/platform.publicai.co#6",
    400,
    error(
      "{'error': '/chat/completions: Invalid model name passed in model=None. Call `/v1/models` to view available models for your key.'}",
      { code: "400" },
    ),
    "unknown-model",
  ],
  // The conversation's length.
  [
    "ggml-org/llama.cpp#15780",
    500,
    error("the request exceeds the available context size. try increasing the context size or enable context shift", {
      code: 500,
      type: "exceed_context_size_error",
      n_prompt_tokens: 1407,
      n_ctx: 256,
    }),
    "context-too-long",
  ],
  [
    "vllm-project/vllm#20409",
    400,
    {
      object: "error",
      message:
        "This model's maximum context length is 16384 tokens. However, you requested 122946 tokens (112946 in the messages, 10000 in the completion). Please reduce the length of the messages or completion.",
      type: "BadRequestError",
      code: 400,
    },
    "context-too-long",
  ],
  [
    "abetlen/llama-cpp-python#416",
    500,
    error("Requested tokens (613) exceed context window of 512"),
    "context-too-long",
  ],
  // Memory.
  [
    "continuedev/continue#9528",
    500,
    error("model requires more system memory (7.5 GiB) than is available (6.0 GiB)"),
    "out-of-memory",
  ],
  ["ollama/ollama#7673", 500, error("llama runner process has terminated: CUDA error: out of memory"), "out-of-memory"],
  [
    "TavernAI/TavernAI-v1#15",
    500,
    {
      detail: {
        msg: "KoboldAI ran out of memory: CUDA out of memory. Tried to allocate 26.00 MiB",
        type: "out_of_memory.gpu.cuda",
      },
    },
    "out-of-memory",
  ],
  // Loading.
  ["mostlygeek/llama-swap#146", 503, error("Loading model", { code: 503, type: "unavailable_error" }), "loading"],
  [
    "huggingface/text-generation-inference and its hosted API",
    503,
    { error: "Model bigscience/bloom is currently loading", estimated_time: 20.5 },
    "loading",
    20_500,
  ],
  // Content.
  ["vm0-ai/vm0#33072", 400, error("Content Exists Risk", { type: "invalid_request_error" }), "content-refused"],
  [
    "pollinations/pollinations#11722",
    400,
    error("Input data may contain inappropriate content.", { code: "data_inspection_failed" }),
    "content-refused",
  ],
  [
    "Azure's filter",
    400,
    error("The response was filtered due to the prompt triggering Azure OpenAI's content management policy.", {
      code: "content_filter",
    }),
    "content-refused",
  ],
  // The address.
  [
    "lmstudio-ai/lmstudio-bug-tracker#618",
    200,
    { error: "Unexpected endpoint or method. (POST /chat/completions)" },
    "address",
  ],
  ["FastAPI servers", 404, { detail: "Not Found" }, "address"],
  [
    "Express servers",
    404,
    "<!DOCTYPE html><html><body><pre>Cannot POST /chat/completions</pre></body></html>",
    "address",
  ],
  // The key.
  [
    "Gemini's bad key",
    400,
    [
      error("API key not valid. Please pass a valid API key.", {
        status: "INVALID_ARGUMENT",
        details: [{ reason: "API_KEY_INVALID" }],
      }),
    ],
    "auth",
  ],
  ["one-api", 401, error("无效的令牌 (request id: 1)", { type: "one_api_error" }), "auth"],
  ["RooCodeInc/Roo-Code#6459", 401, error("No auth credentials found", { code: 401 }), "auth"],
];

/** Half a day before the time that the reports name. */
const NOW = 1_767_225_600_000 - 12 * HOUR_MS;

describe("a refusal", () => {
  for (const [source, status, body, reason, renewalMs] of REPORTS) {
    it(`means what it says: ${source}`, () => {
      const refusal = readRefusal(body, { status, now: NOW });
      expect(reasonOf(refusal, "chat")).toBe(reason);
      if (renewalMs !== undefined) expect(refusal.renewalMs).toBeCloseTo(renewalMs, 0);
    });

    it(`means the same as text: ${source}`, () => {
      const text = typeof body === "string" ? body : JSON.stringify(body);
      expect(reasonOf(readRefusal(text, { status, now: NOW }), "chat")).toBe(reason);
    });
  }

  it("leaves the words of the innermost error to whoever reads them", () => {
    const [, status, body]: Report = REPORTS[0] ?? ["", 0, undefined, "http"];
    expect(readRefusal(body, { status, now: NOW }).message).toBe("User location is not supported for the API use.");
  });

  it("says nothing of the key or of the conversation", () => {
    const key = "sk-live-0123456789abcdef";
    const request = {
      model: "m",
      messages: [{ role: "user", content: "my very private question about Bob" }],
    } as const;
    const told = refusalError(
      readRefusal(error(`bad key ${key} while handling "my very private question about Bob"`), { status: 500, now: 0 }),
      { provider: "acme", key, now: 0, request },
    );
    expect(told.message).not.toContain(key);
    expect(told.message).not.toContain("private question");
  });

  it("is read in a time that grows with its length only", () => {
    const hostile = `model ${"is not available ".repeat(400)}${"a".repeat(2_000)}`;
    const spentMs = cpuMsOf(() => {
      for (let times = 0; times < 20; times++) reasonOf(readRefusal(hostile, { status: 500, now: 0 }), "chat");
    });
    expect(spentMs).toBeLessThan(1_000);
  });
});
