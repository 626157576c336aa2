import { describe, expect, it } from "vitest";
import { errorIn, readRefusal } from "../../../src/providers/http/read-refusal.js";
import { reasonOf } from "../../../src/providers/http/refusal-reason.js";

const NOW = Date.UTC(2026, 0, 5, 12);
const read = (status: number | undefined, body: unknown) =>
  readRefusal(typeof body === "string" ? body : JSON.stringify(body), { now: NOW, ...(status && { status }) });

describe("readRefusal()", () => {
  it.each<[string, unknown, string]>([
    ["the usual shape", { error: { message: "No." } }, "No."],
    ["text alone", { error: "No." }, "No."],
    ["Gemini's list", [{ error: { message: "No." } }], "No."],
    ["vLLM's bare shape", { object: "error", message: "No.", type: "BadRequestError" }, "No."],
    ["FastAPI's words", { detail: "Not Found" }, "Not Found"],
    ["no JSON", "Bad gateway", "Bad gateway"],
    // open-webui/computer#293, diegosouzapw/OmniRoute#3044, reVrost/go-openrouter#21
    [
      "OpenRouter's raw text",
      { error: { message: "Provider returned error", metadata: { raw: "Slow down." } } },
      "Slow down.",
    ],
    [
      "OpenRouter's raw JSON",
      { error: { message: "Provider returned error", metadata: { raw: '{"error":{"message":"At most 1 image."}}' } } },
      "At most 1 image.",
    ],
    // farion1231/cc-switch#464, BerriAI/litellm#16231
    ["JSON inside a message", { error: { message: 'Upstream: {"error":{"message":"Inner."}}' } }, "Inner."],
    // griptape-ai/ComfyUI-Griptape#312
    ["what Python prints", "Error code: 400 - {'error': {'message': \"It's no.\", 'type': 'x'}}", "It's no."],
    // NousResearch/hermes-agent#65631 (DeepInfra)
    ["fields of its own", { choices: null, error_type: "BadRequestError", error_message: "Too long." }, "Too long."],
  ])("finds the vendor's words in %s", (_what, body, words) => {
    expect(read(400, body).message).toBe(words);
  });

  it.each<[string, unknown, number | undefined]>([
    ["Gemini's delay", [{ error: { details: [{ retryDelay: "41s" }] } }], 41_000],
    ["Groq's words", { error: { message: "Please try again in 7m12.5s. Need more?" } }, 432_500],
    ["hours in words", { error: { message: "Quota used up, resets in 2 hours and 5 minutes" } }, 7_500_000],
    ["OpenRouter's header", { error: { metadata: { headers: { "X-RateLimit-Reset": `${NOW + 60_000}` } } } }, 60_000],
    ["a time", { error: { resets_at: NOW / 1_000 + 30 } }, 30_000],
    ["Hugging Face's estimate", { error: "Model x is currently loading", estimated_time: 20.5 }, 20_500],
    ["no time", { error: { message: "Please try again later (3 of 5 used)." } }, undefined],
  ])("reads how long to wait from %s", (_what, body, ms) => {
    expect(read(429, body).renewalMs).toBe(ms);
  });

  it("takes the status from inside a 200", () => {
    expect(read(undefined, { error: { code: 502, message: "Upstream gave up" } }).status).toBe(502);
    expect(read(undefined, { error: { type: "server_error" } }).status).toBe(500);
    expect(read(200, { error: { code: "429" } }).status).toBe(429);
  });
});

describe("errorIn()", () => {
  it.each([
    [{ error: { message: "a" } }],
    [{ error: "a" }],
    [[{ error: { code: 1 } }]],
    [{ object: "error", message: "a" }],
    [{ type: "error", error: { type: "overloaded_error" } }],
    [{ detail: "a" }],
    [{ choices: [{ index: 0, error: { message: "a" } }] }],
    [{ choices: [], error: { code: 502 } }],
    [{ base_resp: { status_code: 1004, status_msg: "login fail" } }],
    [{ success: false, errors: [{ message: "a" }] }],
    [{ code: 401, message: "a" }],
    [{ choices: null, error_message: "a" }],
  ])("finds the error in %j", (body) => {
    expect(errorIn(body)).toBeDefined();
  });

  it.each([
    [{ choices: [{ delta: { content: "error" } }], error: null }],
    [{ choices: [], usage: {} }],
    [{ choices: [{ delta: {} }], base_resp: { status_code: 0 } }],
    [{ type: "message_start", message: { id: "m" } }],
    [{ type: "ping" }],
    [{ object: "list", data: [] }],
    [{ error: {} }],
    [null],
    ["error"],
  ])("finds none in %j", (body) => {
    expect(errorIn(body)).toBeUndefined();
  });
});

describe("reasonOf(), by the vendors' words", () => {
  const reason = (status: number | undefined, body: unknown, hasListed = false) =>
    reasonOf(read(status, body), "chat", hasListed);
  const says = (message: string, code = "") => ({ error: { message, code } });

  it.each<[string, number | undefined, unknown, string]>([
    // continuedev/continue#11449, home-assistant/core#120072, songquanpeng/one-api#1692
    [
      "a region",
      403,
      says("Country, region, or territory not supported", "unsupported_country_region_territory"),
      "no-access",
    ],
    ["a data policy", 404, says("No endpoints found matching your data policy"), "no-access"],
    ["a project", 403, says("Project `p` does not have access to model `gpt-5`", "model_not_found"), "no-access"],
    [
      "a key for other models",
      403,
      says("API key not allowed to access model. This key can only access models=['a']"),
      "no-access",
    ],
    ["terms", 400, says("The model `x` requires terms acceptance. Please accept the terms"), "no-access"],
    // BerriAI/litellm#12324, openai/openai-python#331, openai/openai-dotnet#55
    [
      "Azure's filter",
      400,
      says(
        "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
        "content_filter",
      ),
      "content-refused",
    ],
    [
      "Alibaba's inspection",
      400,
      says("Input data may contain inappropriate content.", "DataInspectionFailed"),
      "content-refused",
    ],
    ["DeepSeek's risk", 400, says("Content Exists Risk"), "content-refused"],
    [
      "OpenAI's rules",
      400,
      says("Your input was flagged as potentially violating our usage policy."),
      "content-refused",
    ],
    // Gitlawb/openclaude#936, #1549
    ["OpenRouter's day", 429, says("Rate limit exceeded: free-models-per-day-high-balance."), "quota"],
    ["Groq's day", 429, says("Rate limit reached on tokens per day (TPD): Limit 100000"), "quota"],
    [
      "Cloudflare's day",
      429,
      { errors: [{ message: "you have used up your daily free allocation of 10,000 neurons" }] },
      "quota",
    ],
    [
      "Groq's minute",
      429,
      says("Rate limit reached on tokens per minute (TPM): Limit 6000", "rate_limit_exceeded"),
      "rate-limited",
    ],
    // open-webui/computer#293
    [
      "an upstream's minute",
      429,
      { error: { message: "Provider returned error", metadata: { raw: "x is temporarily rate-limited upstream" } } },
      "rate-limited",
    ],
    // apache/rocketmq-dashboard#2178
    ["a quota inside a 200", undefined, says("Insufficient credits. Add more", "402"), "spend-cap"],
    ["llama.cpp, loading", 503, says("Loading model", "unavailable_error"), "loading"],
    ["Hugging Face, loading", 503, { error: "Model x is currently loading", estimated_time: 20 }, "loading"],
    ["Ollama's memory", 500, says("model requires more system memory (7.5 GiB) than is available"), "out-of-memory"],
    ["CUDA's memory", 500, says("CUDA out of memory. Tried to allocate 2 GiB"), "out-of-memory"],
    // crewAIInc/crewAI-examples#121, yakGPT/yakGPT#13, vercel/ai#13506
    [
      "OpenAI's window",
      400,
      says("This model's maximum context length is 8192 tokens. However, your messages resulted in 8227 tokens."),
      "context-too-long",
    ],
    ["Anthropic's window", 400, says("prompt is too long: 208310 tokens > 200000 maximum"), "context-too-long"],
    [
      "llama.cpp's window",
      400,
      says("the request exceeds the available context size. try increasing it"),
      "context-too-long",
    ],
    ["a code inside a 200", undefined, says("No", "CONTEXT_LENGTH_EXCEEDED"), "context-too-long"],
    [
      "Groq's size",
      413,
      says("Request too large for model `x` on tokens per minute (TPM): Limit 6000, Requested 7500"),
      "context-too-long",
    ],
    ["no route", 404, { detail: "Not Found" }, "address"],
    ["a method", 405, { detail: "Method Not Allowed" }, "address"],
    ["LM Studio's 200", undefined, { error: "Unexpected endpoint or method. (POST /chat/completions)" }, "address"],
    ["a page", 404, "<html><title>404</title></html>", "address"],
    [
      "Azure's model",
      404,
      says("The API deployment for this resource does not exist.", "DeploymentNotFound"),
      "unknown-model",
    ],
    [
      "OpenAI's model",
      404,
      says("The model `x` does not exist or you do not have access to it.", "model_not_found"),
      "unknown-model",
    ],
    ["a gateway's key", 401, says("Invalid token"), "auth"],
    ["OpenRouter's key", 401, says("User not found."), "auth"],
    [
      "MiniMax's key",
      undefined,
      { error: { message: "login fail: Please carry the API secret key", code: 1004 } },
      "auth",
    ],
    // diegosouzapw/OmniRoute#8210
    ["an upstream's limit", undefined, says("Worker local total request limit reached (33/32)", "503"), "overloaded"],
    ["a busy server", 500, says("The server is busy. Please try again later"), "overloaded"],
  ])("knows %s", (_what, status, body, expected) => {
    expect(reason(status, body)).toBe(expected);
  });

  it("does not call the key refused where a list came with it, unless the vendor does", () => {
    expect(reason(403, says("Forbidden"), true)).toBe("no-access");
    expect(reason(403, says("Forbidden"))).toBe("auth");
    expect(reason(401, says("Invalid token"), true)).toBe("auth");
    expect(reason(401, says("Incorrect API key provided"), true)).toBe("auth");
  });
});
