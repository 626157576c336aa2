import { describe, expect, it } from "vitest";
import { takesImages } from "../../../src/bot/prompt/prepare-request.js";

describe("takesImages()", () => {
  it("believes the provider, whatever the model is called", () => {
    expect(takesImages("gpt-4o", ["text"])).toBe(false);
    expect(takesImages("gpt-4o", [])).toBe(false);
    expect(takesImages("my-model", ["text", "image"])).toBe(true);
  });

  it.each([
    ...["gpt-4o", "gpt-4o-mini-2024-07-18", "chatgpt-4o-latest", "gpt-4.1-nano", "gpt-4-turbo", "gpt-5", "gpt-5.2-pro"],
    ...[
      "gpt-5-chat-latest",
      "gpt-6-mini",
      "o1",
      "o1-pro",
      "o3",
      "o3-deep-research",
      "o4-mini",
      "ft:gpt-4o-2024-08-06:org::x1",
    ],
    ...[
      "claude-3-haiku-20240307",
      "claude-3-5-sonnet-latest",
      "claude-opus-4-1",
      "claude-sonnet-5",
      "claude-haiku-4-5",
    ],
    ...["anthropic/claude-sonnet-4.6", "bedrock/us.anthropic.claude-opus-4-6-v1:0", "claude-3.7-sonnet:thinking"],
    ...["gemini-1.5-pro", "gemini-2.5-flash-lite", "gemini-3-pro-preview", "gemini-flash-latest"],
    ...[
      "gemma3:4b",
      "gemma3",
      "gemma-3-27b-it",
      "gemma4:31b",
      "llava:13b",
      "llava-llama3",
      "bakllava",
      "moondream:1.8b",
    ],
    ...["llama3.2-vision:11b", "llama4:scout", "meta-llama/Llama-4-Maverick-17B-128E-Instruct-FP8", "minicpm-v:8b"],
    ...[
      "meta-llama/Llama-3.2-11B-Vision-Instruct-Turbo",
      "qwen2.5vl:7b",
      "qwen3-vl:8b",
      "Qwen/Qwen2.5-VL-72B-Instruct",
    ],
    ...[
      "qwen/qwen3.5-9b",
      "pixtral-12b",
      "mistral-small3.1",
      "mistral-small-3.2-24b-instruct",
      "mistral-medium-latest",
    ],
    ...["ministral-3:8b", "ministral-8b-2512", "mistral-large-2512", "grok-4", "grok-4-fast", "grok-2-vision-1212"],
    ...[
      "glm-4.6v",
      "kimi-k2.5",
      "ernie-4.5-vl-28b-a3b",
      "microsoft/Phi-4-multimodal-instruct",
      "OpenGVLab/InternVL3-8B",
    ],
  ])("sends images to %s", (model) => {
    expect(takesImages(model, undefined)).toBe(true);
  });

  it.each([
    ...["gpt-4", "gpt-4-0613", "gpt-4-turbo-preview", "gpt-3.5-turbo", "gpt-oss:20b", "openai/gpt-oss-120b", "o1-mini"],
    ...["o1-preview", "o3-mini", "o3-mini-high", "gpt-4o-audio-preview", "gpt-4o-realtime-preview", "gpt-4o-mini-tts"],
    ...[
      "gpt-4o-search-preview",
      "gpt-4o-transcribe",
      "ft:gpt-3.5-turbo:gpt-4o::x",
      "claude-2.1",
      "claude-2",
      "claude-instant-1.2",
    ],
    ...[
      "bedrock/anthropic.claude-v2:1",
      "gemini-1.0-pro",
      "gemini-2.5-flash-preview-tts",
      "gemini-live-2.5-flash-preview-native-audio",
    ],
    ...[
      "gemma2:9b",
      "gemma3:1b",
      "gemma3:270m",
      "gemma-3n-e4b-it",
      "llama3.2:3b",
      "llama-3.3-70b-versatile",
      "codellama",
    ],
    ...[
      "qwen3:32b",
      "qwen3-coder",
      "qwen3-max",
      "qwen3.6-max-preview",
      "mistral-nemo",
      "mistral-large-2411",
      "mistral-small-2501",
    ],
    ...["mistral-small:24b", "ministral-3b-latest", "codestral-latest", "grok-3", "grok-3-mini", "grok-code-fast-1"],
    ...[
      "deepseek-chat",
      "deepseek-r1:14b",
      "kimi-k2-instruct",
      "glm-4.6",
      "phi4",
      "command-r",
      "evergreen-demo",
      "vllm-model",
    ],
  ])("sends none to %s", (model) => {
    expect(takesImages(model, undefined)).toBe(false);
  });
});
