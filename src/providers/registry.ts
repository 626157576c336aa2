import { anthropic } from "./anthropic.js";
import { deepseek } from "./deepseek.js";
import { demo } from "./demo.js";
import { gemini } from "./gemini.js";
import { groq } from "./groq.js";
import { mistral } from "./mistral.js";
import { ollama } from "./ollama.js";
import { openai } from "./openai.js";
import { openaiCompatible } from "./openai-compatible.js";
import { openrouter } from "./openrouter.js";
import type { ProviderDefinition } from "./provider-definition.js";
import { together } from "./together.js";
import { xai } from "./xai.js";

/** Every provider that this bot knows. The order decides whose model a new conversation gets. */
export const providerDefinitions: readonly ProviderDefinition[] = [
  openai,
  anthropic,
  gemini,
  openrouter,
  groq,
  mistral,
  deepseek,
  xai,
  together,
  ollama,
  openaiCompatible,
  demo,
];
