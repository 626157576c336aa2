import { preset } from "./preset.js";

export const deepseek = preset({
  id: "deepseek",
  name: "DeepSeek",
  baseUrl: "https://api.deepseek.com/v1",
  modelsDevId: "deepseek",
  preferredFamilies: ["deepseek-v4-flash", "deepseek-chat", "deepseek-v"],
});
