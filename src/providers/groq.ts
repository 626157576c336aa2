import { GROQ_HEADERS } from "./http/quota-tables.js";
import { preset } from "./preset.js";

export const groq = preset({
  id: "groq",
  name: "Groq",
  baseUrl: "https://api.groq.com/openai/v1",
  modelsDevId: "groq",
  quotaHeaders: GROQ_HEADERS,
  preferredFamilies: ["openai/gpt-oss-120b", "llama-3.3-70b", "qwen/", "llama-"],
});
