import { preset } from "./preset.js";

export const openrouter = preset({
  id: "openrouter",
  name: "OpenRouter",
  baseUrl: "https://openrouter.ai/api/v1",
  preferredFamilies: ["anthropic/claude-sonnet", "openai/gpt-5", "google/gemini-", "deepseek/"],
});
