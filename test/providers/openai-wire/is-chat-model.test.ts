import { describe, expect, it } from "vitest";
import { isChatModel, isOpenAiChatModel } from "../../../src/providers/openai-wire/model-row.js";

const words = (text: string) => text.trim().split(/\s+/);

describe("isOpenAiChatModel()", () => {
  it.each(
    words(`gpt-5 gpt-5.5 gpt-5.6-sol gpt-5-mini gpt-5-nano-2025-08-07 gpt-5-chat-latest gpt-5.3-chat-latest gpt-4.1
      gpt-4.1-nano gpt-4o gpt-4o-2024-11-20 gpt-4o-mini gpt-4o-search-preview gpt-4-turbo gpt-4-0613 gpt-3.5-turbo
      gpt-3.5-turbo-16k o1 o1-2024-12-17 o3 o3-mini o4-mini-2025-04-16 chatgpt-4o-latest
      ft:gpt-4o-mini-2024-07-18:acme::AbC ft:gpt-4.1:image-pro-codex:tts:9xY gpt-6`),
  )("takes %s", (id) => {
    expect(isOpenAiChatModel(id)).toBe(true);
  });

  it.each(
    words(`text-embedding-3-large text-embedding-ada-002 whisper-1 tts-1 tts-1-hd dall-e-3 gpt-image-1.5 gpt-image-2
      chatgpt-image-latest sora-2 sora-2-pro omni-moderation-latest text-moderation-stable gpt-realtime
      gpt-realtime-mini gpt-4o-realtime-preview-2025-06-03 gpt-audio gpt-audio-mini gpt-4o-audio-preview
      gpt-4o-transcribe gpt-4o-mini-transcribe-2025-12-15 gpt-4o-mini-tts gpt-4o-transcribe-diarize davinci-002
      babbage-002 gpt-3.5-turbo-instruct gpt-3.5-turbo-instruct-0914 gpt-5-codex gpt-5.1-codex-max gpt-5.3-codex-spark
      codex-mini-latest gpt-5-pro gpt-5.2-pro-2025-12-11 o1-pro o3-pro o3-deep-research o4-mini-deep-research-2025-06-26
      computer-use-preview ft:babbage-002:acme::AbC`),
  )("leaves out %s", (id) => {
    expect(isOpenAiChatModel(id)).toBe(false);
  });
});

describe("isChatModel()", () => {
  it.each(
    words(`gemini-2.5-pro gemini-3.5-flash gemma-4-31b-it mistral-large-latest devstral-2512 codestral-latest
      deepseek-chat deepseek-reasoner grok-4.3 grok-4.20-0309-non-reasoning llama-3.3-70b-versatile openai/gpt-oss-120b
      meta-llama/llama-4-scout-17b-16e-instruct Qwen/Qwen2.5-7B-Instruct-Turbo gpt-oss:20b qwen3-vl:235b-instruct
      liquid/lfm-2-24b-a2b allenai/olmo-3 my-model fake-model-1 claude-sonnet-5`),
  )("takes %s", (id) => {
    expect(isChatModel(id)).toBe(true);
  });

  it.each(
    words(`gemini-embedding-001 text-embedding-004 gemini-2.5-flash-preview-tts gemini-2.5-flash-image imagen-4.0-generate
      veo-3.0-generate-001 aqa lyria-3-pro-preview gemini-2.5-flash-native-audio-latest gemini-live-2.5-flash
      deep-research-pro-preview-12-2025 mistral-embed mistral-moderation-latest mistral-ocr-latest
      voxtral-mini-transcribe-2507 whisper-large-v3-turbo playai-tts canopylabs/orpheus-v1-english
      meta-llama/llama-prompt-guard-2-22m grok-imagine-image grok-imagine-video black-forest-labs/FLUX.1-schnell
      BAAI/bge-large-en-v1.5 intfloat/multilingual-e5-large-instruct Salesforce/Llama-Rank-V1-rerank nomic-embed-text:latest
      mxbai-embed-large all-minilm:22m stabilityai/stable-diffusion-xl-base-1.0`),
  )("leaves out %s", (id) => {
    expect(isChatModel(id)).toBe(false);
  });
});
