import { describe, expect, it } from "vitest";
import { refusalError } from "../../../src/providers/http/provider-fault.js";
import { readRefusal } from "../../../src/providers/http/read-refusal.js";
import { reasonOf } from "../../../src/providers/http/refusal-reason.js";
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
  [
    "modelscope/modelscope#1524",
    400,
    { errors: { message: "Please bind your Alibaba Cloud account before use." }, request_id: "1" },
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
  // Further members of the same kinds, as vendors and gateways of all sorts write them.
  ["huggingface/agents-course#386", 402, { error: "You have exceeded your monthly included credits." }, "spend-cap"],
  ["langgenius/dify#5850", 429, error("您的账户已欠费，请充值后重试。", { code: "1113" }), "spend-cap"],
  [
    "MoonshotAI/Kimi-K2#5",
    403,
    error("Your account org-1 is not active, organization org-1 exceeded current quota, please check your plan", {
      type: "exceeded_current_quota_error",
    }),
    "spend-cap",
  ],
  [
    "anomalyco/opencode#25458",
    429,
    raw(JSON.stringify(error("Your account is suspended due to insufficient balance, please recharge your account"))),
    "spend-cap",
  ],
  [
    "tencentmusic/supersonic#1572",
    400,
    { code: "Arrearage", message: "Access denied, please make sure your account is in good standing." },
    "spend-cap",
  ],
  [
    "continuedev/continue#12670",
    403,
    {
      code: "The caller does not have permission to execute the specified operation",
      error: "Your newly created team doesn't have any credits or licenses yet.",
    },
    "spend-cap",
  ],
  [
    "continuedev/continue#10373",
    429,
    { error: "Your team has either used all available credits or reached its monthly spending limit." },
    "spend-cap",
  ],
  [
    "BerriAI/litellm#4208",
    400,
    error("Budget has been exceeded! Current cost: 0.0010747, Max budget: 0.0", { type: "auth_error", code: 400 }),
    "spend-cap",
  ],
  [
    "BerriAI/litellm#14144",
    429,
    error("No deployments available - crossed budget: Exceeded budget for deployment model_name: m"),
    "spend-cap",
  ],
  [
    "MiniMax-AI/MiniMax-M2#62",
    500,
    { type: "error", error: { type: "api_error", message: "insufficient balance (1008)" } },
    "spend-cap",
  ],
  ["Google's prepaid accounts", 429, error("Your prepayment credits are depleted."), "spend-cap"],
  ["a user's share at new-api", 403, error("用户额度不足, 剩余额度: $-0.001"), "spend-cap"],
  [
    "LionSR/TeXRA#9860",
    403,
    error("You've reached your usage limit for this billing cycle. Your quota will be refreshed in the next cycle."),
    "quota",
  ],
  [
    "diegosouzapw/OmniRoute#6980",
    429,
    { success: false, errors: [{ message: "AiError: you have used up your daily free allocation of 10,000 neurons" }] },
    "quota",
  ],
  [
    "SakanaAI/AI-Scientist#115",
    429,
    error("Number of request tokens has exceeded your daily rate limit. Please reduce the prompt length, or wait.", {
      type: "rate_limit_error",
    }),
    "quota",
  ],
  ["minorun365/agent-book#29", 429, { message: "Too many tokens per day, please wait before trying again." }, "quota"],
  [
    "a trial key of Cohere's",
    429,
    { message: "You are using a Trial key, limited to 1000 API calls / month." },
    "quota",
  ],
  [
    "GitHub Models",
    429,
    error("Rate limit of 50 per 86400s exceeded for UserByModelByDay. Please wait 41230 seconds before retrying.", {
      code: "RateLimitReached",
    }),
    "quota",
    41_230_000,
  ],
  [
    "ago19800/HomeMind#29",
    429,
    error(
      "Rate limit reached on tokens per minute (TPM): Limit 12000, Used 4437, Requested 9854. Please try again in 11.455s. Need more tokens? Upgrade to Dev Tier today",
      { code: "rate_limit_exceeded" },
    ),
    "rate-limited",
    11_455,
  ],
  [
    "microsoft/sample-app-aoai-chatGPT#406",
    429,
    error(
      "Requests have exceeded token rate limit of your current OpenAI S0 pricing tier. Please retry after 9 seconds.",
    ),
    "rate-limited",
    9_000,
  ],
  [
    "jasonacox/TinyLLM#17",
    429,
    error(
      "litellm.RateLimitError: Error code: 429 - {'error': {'code': '429', 'message': 'You have exceeded token rate limit. Please retry after 86400 seconds.'}}",
      { type: "throttling_error", code: "429" },
    ),
    "quota",
    86_400_000,
  ],
  ["RooCodeInc/Roo-Code#5050", 429, { message: "Too many tokens, please wait before trying again." }, "rate-limited"],
  [
    "hyunhwan-bcm/MARRVEL_MCP#225",
    500,
    { detail: "An error occurred (ThrottlingException): Too many tokens, please wait before trying again." },
    "rate-limited",
  ],
  [
    "anomalyco/opencode#7463",
    429,
    { message: "Tokens per minute limit exceeded", type: "too_many_tokens_error", code: "token_quota_exceeded" },
    "rate-limited",
  ],
  [
    "LiteLLM's own limits",
    429,
    error(
      "Rate limit exceeded for api_key: x. Current limit: 1, Remaining: 0. Limit resets at: 2025-12-31 12:00:41 UTC",
    ),
    "rate-limited",
    41_000,
  ],
  [
    "decolua/9router#2527",
    400,
    { status: 400, title: "Bad Request", detail: "Function id '87ea': DEGRADED function cannot be invoked" },
    "overloaded",
  ],
  [
    "pollinations/pollinations#6260",
    429,
    error("The system is currently experiencing high demand. Please retry after 20 seconds.", { code: "RATE_LIMITED" }),
    "overloaded",
    20_000,
  ],
  [
    "Alishahryar1/free-claude-code#1021",
    404,
    { status: 404, title: "Not Found", detail: "Function '23d4': Not found for account 'Qaw'" },
    "no-access",
  ],
  ["clacky-ai/openclacky#192", 403, error("Access terminated. Review our Community Guidelines."), "no-access"],
  ["a model of Volcengine's that nobody switched on", 404, error("No.", { code: "ModelNotOpen" }), "no-access"],
  [
    "songquanpeng/one-api#2340",
    503,
    error("当前分组 default 下对于模型 m 无可用渠道", { type: "one_api_error" }),
    "unknown-model",
  ],
  ["QuantumNous/new-api#6915", 503, error("No available channel for model m under group default"), "unknown-model"],
  [
    "ericc-ch/copilot-api#38",
    400,
    error(JSON.stringify(error("Model is not supported for this request.", { code: "model_not_supported" }))),
    "unknown-model",
  ],
  ["a model that Cohere took away", 404, { message: "model 'm' was removed on September 15, 2025." }, "unknown-model"],
  [
    "farion1231/cc-switch#1681",
    400,
    error('model "m" is not accessible via the /chat/completions endpoint', { code: "unsupported_api_for_model" }),
    "not-for-chat",
  ],
  [
    "lmstudio-ai/lmstudio-bug-tracker#546",
    400,
    {
      error:
        "Trying to keep the first 111490 tokens when context the overflows. However, the model is loaded with context length of only 32768 tokens. Try to load the model with a larger context length, or provide a shorter input",
    },
    "context-too-long",
  ],
  [
    "LM Studio without enough memory",
    400,
    { error: 'Failed to load model "m". Model loading was stopped due to insufficient system resources.' },
    "out-of-memory",
  ],
  ["the filter of xAI", 403, { code: "Not permitted", error: "Content violates usage guidelines." }, "content-refused"],
  [
    "StepFun's filter",
    451,
    error("The content you provided or machine outputted is blocked.", { type: "censorship_blocked" }),
    "content-refused",
  ],
  [
    "continuedev/continue#11541",
    403,
    error(JSON.stringify(error("Your API key was reported as leaked.", { status: "PERMISSION_DENIED" })), {
      code: 403,
    }),
    "auth",
  ],
  ["Wei-Shaw/sub2api#1709", 400, error("API Key not found. Please pass a valid API key."), "auth"],
  [
    "nearai/ironclaw#1742",
    401,
    { type: "error", error: { message: "login fail: Please carry the API secret key in the 'Authorization' field" } },
    "auth",
  ],
  ["dmMaze/BallonsTranslator#1233", 403, { title: "Forbidden", detail: "Authorization failed" }, "auth"],
  [
    "Azure's bad key",
    401,
    error("Access denied due to invalid subscription key or wrong API endpoint.", { code: "401" }),
    "auth",
  ],
  ["a page in front of Perplexity", 401, "<html><title>401 Authorization Required</title></html>", "auth"],
];

/** Half a day before the time that the reports name. */
const NOW = 1_767_225_600_000 - 12 * HOUR_MS;

describe("a refusal", () => {
  for (const [source, status, body, reason, renewalMs] of REPORTS) {
    it(`means what it says: ${source}`, () => {
      const refusal = readRefusal(body, { status, now: NOW });
      expect(reasonOf(refusal, "chat", true)).toBe(reason);
      if (renewalMs !== undefined) expect(refusal.renewalMs).toBeCloseTo(renewalMs, 0);
    });

    it(`means the same as text: ${source}`, () => {
      const text = typeof body === "string" ? body : JSON.stringify(body);
      expect(reasonOf(readRefusal(text, { status, now: NOW }), "chat", true)).toBe(reason);
    });
  }

  it.each([
    ["a parameter", 400, "Unsupported parameter: 'temperature' is not supported with this model.", "bad-request"],
    ["pictures", 400, "This model does not support image input.", "bad-request"],
    ["a field", 422, "messages.0.content: Input should be a valid string", "bad-request"],
    ["a fault of the server", 500, "The server had an error while processing your request. Sorry about that!", "http"],
    ["a failed start", 500, "Failed to load model weights: unexpected end of file", "http"],
    ["a firewall's page", 403, "<html><head><title>Attention Required!</title></head></html>", "http"],
    ["nothing, where the list came", 403, "", "no-access"],
  ])("is taken for no more than it says: %s", (_what, status, body, reason) => {
    expect(reasonOf(readRefusal(body, { status, now: NOW }), "chat", true)).toBe(reason);
  });

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

  it.each([
    ["in base64", `Authorization was Basic ${Buffer.from("sk-live-0123456789abcdef").toString("base64")}`],
    ["with its scheme in base64", Buffer.from("Bearer sk-live-0123456789abcdef").toString("base64")],
    ["without its beginning", "token 0123456789abcdef unknown"],
    ["half masked", "key sk-live-0123***cdef"],
    ["in an address", "https://h/v1?api_key=sk-live-0123456789abcdef&x=1"],
  ])("says nothing of the key %s", (_how, message) => {
    const told = refusalError(readRefusal(error(message), { status: 500, now: 0 }), {
      ...{ provider: "acme", key: "sk-live-0123456789abcdef", now: 0 },
    });
    expect(told.message).toContain("[secret]");
    expect(told.message).not.toMatch(/0123456789|c2stbGl2|QmVhcmVy|sk-live/);
  });

  it("says nothing of the conversation in other letters", () => {
    const request = {
      model: "m",
      messages: [{ role: "user", content: "my very private question about Bob" }],
    } as const;
    const read = readRefusal(error("Cannot parse: MY VERY PRIVATE QUESTION ABOUT BOB"), { status: 500, now: 0 });
    expect(refusalError(read, { provider: "acme", key: "k", now: 0, request }).message).not.toMatch(/private/i);
  });

  it("is read in a time that grows with its length only", () => {
    const hostile = `model ${"is not available ".repeat(400)}${"a".repeat(2_000)}`;
    const spentMs = cpuMsOf(() => {
      for (let times = 0; times < 20; times++) reasonOf(readRefusal(hostile, { status: 500, now: 0 }), "chat");
    });
    expect(spentMs).toBeLessThan(1_000);
  });
});
