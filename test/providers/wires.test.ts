import { createAnthropicProvider } from "../../src/providers/anthropic-wire/anthropic-provider.js";
import { createOllamaProvider } from "../../src/providers/ollama-wire/ollama-provider.js";
import { isChatModel, isOpenAiChatModel } from "../../src/providers/openai-wire/model-row.js";
import { createOpenAiProvider } from "../../src/providers/openai-wire/openai-provider.js";
import { describeProvider } from "../contracts/provider-contract.js";
import { FAKE_ANTHROPIC_KEY, startFakeAnthropic } from "../support/fake-anthropic.js";
import { startFakeOllama } from "../support/fake-ollama.js";
import { FAKE_OPENAI_KEY, startFakeOpenAi } from "../support/fake-openai.js";

/** Where the fake clock begins. */
const NOW = Date.UTC(2026, 0, 5, 12);

/** A reading of one model's window of a minute. */
const minuteOf = (name: string, model: string, amounts: object) => ({
  ...{ name, scope: "model", model, unit: name === "requests" ? "requests" : "tokens", period: "minute" },
  ...{ ...amounts, source: "header", observedAt: NOW },
});

const openAiLimits = (model: string) => ({
  headers: {
    "x-ratelimit-limit-requests": "60",
    "x-ratelimit-remaining-requests": "59",
    "x-ratelimit-reset-requests": "1s",
    "x-ratelimit-limit-tokens": "150000",
    "x-ratelimit-remaining-tokens": "149984",
    "x-ratelimit-reset-tokens": "6m0s",
  },
  read: [
    minuteOf("requests", model, { limit: 60, remaining: 59, resetAt: NOW + 1_000 }),
    minuteOf("tokens", model, { limit: 150_000, remaining: 149_984, resetAt: NOW + 360_000 }),
  ],
});
const openAiSpendCap = {
  status: 429,
  code: "insufficient_quota",
  type: "insufficient_quota",
  message: "You exceeded your current quota, please check your plan and billing details.",
};
const endlessPage = (page: number) => ({ data: [{ id: `m-${page}` }], has_more: true, last_id: `m-${page}` });

describeProvider("openai", {
  start: (models) => startFakeOpenAi({ models }),
  create: (baseUrl, key, deps) =>
    createOpenAiProvider(
      { id: "openai", baseUrl, key, isChat: isOpenAiChatModel, tokenLimit: "max_completion_tokens" },
      deps,
    ),
  key: FAKE_OPENAI_KEY,
  model: "gpt-5",
  limits: openAiLimits("gpt-5"),
  spendCap: openAiSpendCap,
  endlessPage,
});

describeProvider("a preset", {
  start: (models) =>
    startFakeOpenAi({ models, key: "gsk_fake0groq0key0of0evergreen", basePath: "/openai/v1", compatible: true }),
  create: (baseUrl, key, deps) =>
    createOpenAiProvider({ id: "groq", baseUrl, key, isChat: isChatModel, tokenLimit: "max_tokens" }, deps),
  key: "gsk_fake0groq0key0of0evergreen",
  model: "openai/gpt-oss-120b",
  limits: openAiLimits("openai/gpt-oss-120b"),
  spendCap: { status: 402, message: "Insufficient Balance" },
  endlessPage,
});

describeProvider("openai-compatible without a key", {
  start: (models) => startFakeOpenAi({ models, key: null, compatible: true, refusesStreamOptions: false }),
  create: (baseUrl, key, deps) =>
    createOpenAiProvider({ id: "local", baseUrl, key, isChat: isChatModel, tokenLimit: "max_tokens" }, deps),
  key: undefined,
  model: "Qwen/Qwen3-8B",
  spendCap: openAiSpendCap,
});

describeProvider("anthropic", {
  start: (models) => startFakeAnthropic({ models }),
  create: (baseUrl, key = "", deps) => createAnthropicProvider({ id: "anthropic", baseUrl, key }, deps),
  key: FAKE_ANTHROPIC_KEY,
  model: "claude-sonnet-5",
  limits: {
    headers: {
      "anthropic-ratelimit-requests-limit": "50",
      "anthropic-ratelimit-requests-remaining": "0",
      "anthropic-ratelimit-requests-reset": "2026-01-05T12:01:00Z",
      "anthropic-ratelimit-output-tokens-limit": "8000",
      "anthropic-ratelimit-output-tokens-remaining": "7000",
      "anthropic-ratelimit-output-tokens-reset": "2026-01-05T12:00:30Z",
    },
    read: [
      minuteOf("requests", "claude-sonnet-5", { limit: 50, remaining: 0, resetAt: NOW + 60_000 }),
      minuteOf("output tokens", "claude-sonnet-5", { limit: 8_000, remaining: 7_000, resetAt: NOW + 30_000 }),
    ],
  },
  spendCap: {
    status: 429,
    type: "rate_limit_error",
    code: "enforced_spend_limit_reached",
    message: "You have reached your specified API usage limits.",
  },
  endlessPage,
});

describeProvider("ollama", {
  start: (models) => startFakeOllama(models),
  create: (baseUrl, _key, deps) => createOllamaProvider(baseUrl, deps),
  key: undefined,
  model: "gpt-oss:20b",
  spendCap: { status: 402, message: "Your plan's usage limit is reached." },
});
