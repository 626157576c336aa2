import { TOGETHER_HEADERS } from "./http/quota-tables.js";
import { preset } from "./preset.js";

export const together = preset({
  id: "together",
  name: "Together AI",
  baseUrl: "https://api.together.xyz/v1",
  modelsDevId: "togetherai",
  quotaHeaders: TOGETHER_HEADERS,
  preferredFamilies: [
    "openai/gpt-oss-120b",
    "zai-org/GLM-5",
    "deepseek-ai/DeepSeek-V4",
    "meta-llama/Llama-3.3-70B",
    "Qwen/Qwen3",
  ],
});
